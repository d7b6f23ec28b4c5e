import {
  addTo,
  type ChangedTotal,
  type Contribution,
  copyOf,
  type FoldedRow,
  toRow,
  type Total,
  rowIdOf,
  type TotalKey,
  toTotal,
} from '@meridian/projection';
import { createKeptTotals, type KeptBounds } from './kept-totals.ts';
import type { TotalReads } from './total-reads.ts';

/** Totals after contributions were added. */
export interface AddedTotals {
  /**
   * Every total that a contribution names, even if the contribution was in it before. The home region may have the row
   * from an earlier try, or from an earlier owner of the partition, while another region lacks it. Writing a row again
   * changes nothing.
   */
  readonly rows: readonly FoldedRow[];
  /** Says that the rows are written. Without this call, the next `add` begins with the same totals as this one. */
  written(): void;
}

/**
 * The running totals of the partitions that this process owns. One row per (key, Kafka partition) holds the sum and the
 * last position. A contribution is in the sum exactly when its position is not above the row's last position. Rows are
 * read when they are first needed, in bounded pieces, and kept within bounds. When a read fails, or the write after it,
 * the rows that were read are kept, so that every try comes further. All rows are forgotten when the process loses its
 * partitions.
 */
export interface Totals {
  /** Adds contributions of one partition, given by rising position. To be called once at a time per partition. */
  add(kafkaPartition: number, contributions: readonly Contribution[]): Promise<AddedTotals>;
  /** Forgets all totals: other processes may own the partitions by now. */
  forget(): void;
}

/** The bounds of the totals that are kept for the next batch, over all partitions of a process. */
export const KEPT_BOUNDS: KeptBounds = { maxRows: 100_000, maxBytes: 64_000_000 };

/**
 * The totals that contributions of a partition name, as they are in the store. Each is an absolute row with the
 * timestamp of the row's last event. So writing a row again, or after a newer row, changes nothing.
 */
export async function storedTotals(
  reads: TotalReads,
  kafkaPartition: number,
  contributions: readonly Contribution[],
): Promise<readonly FoldedRow[]> {
  const rows: FoldedRow[] = [];
  await reads.read(kafkaPartition, named(contributions, idsOf(contributions)), (_id, total) => {
    if (total.lastPosition > 0n) rows.push(toRow(total));
  });
  return rows;
}

/**
 * The rows that hold what one deferred event adds to totals. They are absolute: writing them again, in any order with
 * other rows, changes nothing. Throws when the store has rows of another event under that share.
 */
export async function deferredTotals(
  reads: TotalReads,
  share: number,
  contributions: readonly Contribution[],
): Promise<readonly FoldedRow[]> {
  const totals = new Map<string, ChangedTotal>();
  const ids = idsOf(contributions);
  await reads.read(share, named(contributions, ids), (id, { table, key, lastPosition }) => {
    if (lastPosition !== 0n && lastPosition !== contributions[0]?.position)
      throw new Error(`the share ${share} of a total is that of another event, ${lastPosition}`);
    // Every sum begins at 0: a question reads all sums of a row, also those that the event adds nothing to.
    totals.set(id, copyOf(toTotal(table, key, undefined)));
  });
  for (const [index, contribution] of contributions.entries()) addTo(found(totals, ids[index]), contribution);
  return [...totals.values()].map(toRow);
}

/** What is known of a partition's totals while its events are applied. */
interface InHand {
  /** By id: the totals without the contributions that are being added. */
  readonly read: Map<string, Total>;
}

/** Makes the totals of one generation. */
export function createTotals(reads: TotalReads, bounds: KeptBounds = KEPT_BOUNDS): Totals {
  const kept = createKeptTotals(bounds);
  let inHand = new Map<number, InHand>();

  async function readMissing(
    kafkaPartition: number,
    wanted: ReadonlyMap<string, TotalKey>,
    read: Map<string, Total>,
  ): Promise<void> {
    const missing = new Map<string, TotalKey>();
    for (const [id, one] of wanted) {
      if (read.has(id)) continue;
      const known = kept.take(nameOf(kafkaPartition, id));
      if (known) read.set(id, known);
      else missing.set(id, one);
    }
    await reads.read(kafkaPartition, missing, (id, total) => read.set(id, total));
  }

  function keep(kafkaPartition: number, mine: InHand, added: ReadonlyMap<string, Total>): void {
    // The totals may have been forgotten since, or `written` may be called twice.
    if (inHand.get(kafkaPartition) !== mine) return;
    inHand.delete(kafkaPartition);
    for (const [id, total] of mine.read) kept.put(nameOf(kafkaPartition, id), added.get(id) ?? total);
  }

  return {
    async add(kafkaPartition, contributions) {
      const mine = inHand.get(kafkaPartition) ?? { read: new Map<string, Total>() };
      inHand.set(kafkaPartition, mine);
      const ids = idsOf(contributions);
      const wanted = named(contributions, ids);
      await readMissing(kafkaPartition, wanted, mine.read);
      const changed = new Map<string, ChangedTotal>();
      for (const [index, contribution] of contributions.entries()) {
        const before = found(mine.read, ids[index]);
        // One event may add to one row in several steps, which count as one contribution. So the position is compared with
        // the row as it was before the event.
        if (contribution.position <= before.lastPosition) continue;
        const total = changed.get(ids[index] ?? '') ?? copyOf(before);
        addTo(total, contribution);
        changed.set(ids[index] ?? '', total);
      }
      return {
        rows: [...wanted.keys()].map((id) => toRow(changed.get(id) ?? found(mine.read, id))),
        written: () => keep(kafkaPartition, mine, changed),
      };
    },
    forget() {
      inHand = new Map();
      kept.clear();
    },
  };
}

const nameOf = (kafkaPartition: number, id: string) => `${kafkaPartition} ${id}`;

const idsOf = (contributions: readonly Contribution[]) =>
  contributions.map(({ table, key }) => rowIdOf(table, key));

/** The totals that contributions name, by id. */
function named(
  contributions: readonly Contribution[],
  ids: readonly string[],
): ReadonlyMap<string, TotalKey> {
  return new Map(contributions.map((one, index) => [ids[index] ?? '', one]));
}

function found<T>(totals: ReadonlyMap<string, T>, id = ''): T {
  const total = totals.get(id);
  if (!total) throw new Error(`the total ${id} was not read`);
  return total;
}
