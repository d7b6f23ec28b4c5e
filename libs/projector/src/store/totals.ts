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

/** What contributions made of totals. */
export interface AddedTotals {
  /**
   * Every total that a contribution names, whether it was in it already or not. What the home region has of an earlier try, or
   * of the partition's owner before, may be missing elsewhere; written again it changes nothing.
   */
  readonly rows: readonly FoldedRow[];
  /** Says that the rows are written. What is never said to be written is not built upon: the next call begins where this one did. */
  written(): void;
}

/**
 * The running totals of the partitions that this process owns. One row per (key, Kafka partition) holds the sum and the
 * last position. A contribution is in the sum exactly when its position is not above the row's last position. Rows are
 * read when they are first needed, in bounded pieces, and kept within bounds. What was read is kept when a read or the
 * write after it fails, so that every try comes further. All is forgotten when partitions go.
 */
export interface Totals {
  /** Adds contributions of one partition, given by rising position. One call for a partition at a time. */
  add(kafkaPartition: number, contributions: readonly Contribution[]): Promise<AddedTotals>;
  /** Forgets all totals: they may be another process' by now. */
  forget(): void;
}

/** What is kept for the next batch, over all partitions of a process. */
export const KEPT_BOUNDS: KeptBounds = { maxRows: 100_000, maxBytes: 64_000_000 };

/**
 * The totals that contributions of a partition are in, as the store has them. Each is an absolute row with the
 * timestamp of the row's last event. So writing a row again, or after a newer one, changes nothing.
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
 * The totals' rows of one event alone, absolute: writing them again, in any order with others, changes nothing. Throws when the
 * rows of that number are another event's.
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
    // Every sum begins at 0: a question reads all of them, also those that the event adds nothing to.
    totals.set(id, copyOf(toTotal(table, key, undefined)));
  });
  for (const [index, contribution] of contributions.entries()) addTo(found(totals, ids[index]), contribution);
  return [...totals.values()].map(toRow);
}

/** What is known of a partition's totals while its events are applied. */
interface InHand {
  /** By id: as they are without what is being added. */
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
    // It may have been forgotten since, or said twice.
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
        // One event may add to one row in several steps. These are one contribution, so compare with the row's
        // position from before the event.
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
