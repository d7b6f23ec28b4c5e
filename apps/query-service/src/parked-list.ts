import type { CassandraSession } from '@meridian/cassandra';
import { mergePositions, partitionKey, type PartitionKey, type Positions } from '@meridian/contracts';
import {
  type ParkedId,
  parkedIds,
  type ParkedMark,
  type ParkingOwner,
  type Progress,
} from '@meridian/read-store';

/** The parked aggregates of a generation, as far as they are known. */
export interface ParkedList {
  readonly parked: readonly ParkedId[];
  /** When the list was read, in milliseconds of performance.now(). */
  readonly readAtMs: number;
  /** Whether an aggregate is on the list. */
  has(key: PartitionKey, aggregateId: string): boolean;
}

/** The list, and what it may lack. */
export interface ParkedLook {
  readonly list: ParkedList;
  /** Partitions of which more was parked since the list was read, or may have been: ask for an aggregate by itself. */
  readonly moved: ReadonlySet<PartitionKey>;
}

/** Keeps the list of what is parked. */
export interface ParkedListKeeper {
  /** What was parked when this progress was read. The marks were read with the progress, or after it. */
  asOf(progress: Progress, marks: readonly ParkedMark[]): Promise<ParkedLook>;
}

interface Kept extends ParkedList {
  /** The list is complete up to these positions: the progress before the list was read. */
  readonly upTo: Positions;
  readonly decisions: string;
  /** Not read again before this, so that a long list costs no more than its rows per second. */
  readonly nextReadMs: number;
}

const MAX_ROWS_A_SECOND = 10_000;
/** The list is read again after this time even if no mark has moved: a projector of an earlier version sets no marks. */
const REFRESH_MS = 60_000;

/**
 * Makes a list of parked aggregates. A look reads nothing while no mark moves. When a mark has moved, the list is read
 * again, with a bound on the rows per second. Until then, the look names the partitions whose entries may be
 * incomplete.
 */
export function createParkedList(session: CassandraSession, owner: ParkingOwner): ParkedListKeeper {
  let seen: Positions = new Map();
  let kept: Kept | undefined;
  let reading: Promise<void> | undefined;

  function begin(decisions: string): Promise<void> {
    reading = read(decisions)
      .then((list) => void (kept = list))
      .finally(() => (reading = undefined));
    return reading;
  }
  async function read(decisions: string): Promise<Kept> {
    const upTo = seen;
    const parked = await parkedIds(session, owner);
    const readAtMs = performance.now();
    const nextReadMs = readAtMs + (parked.length / MAX_ROWS_A_SECOND) * 1_000;
    const ids = Map.groupBy(parked, ({ context, partition }) => partitionKey(context, partition));
    const byKey = new Map([...ids].map(([key, all]) => [key, new Set(all.map((one) => one.aggregateId))]));
    const has = (key: PartitionKey, id: string) => byKey.get(key)?.has(id) ?? false;
    return { parked, readAtMs, nextReadMs, upTo, decisions, has };
  }

  /** The list with all that the marks and the progress name, unless the list may not be read again yet. */
  async function listFor(marks: readonly ParkedMark[], { positions }: Progress): Promise<Kept> {
    const decisions = marks.map(({ decision }) => decision).join(' ');
    for (;;) {
      const nowMs = performance.now();
      if (kept) {
        const isOld = nowMs - kept.readAtMs > REFRESH_MS || kept.decisions !== decisions;
        const isWhole = !isOld && movedSince(kept, marks, positions).size === 0;
        if (isWhole || (!reading && nowMs < kept.nextReadMs)) return kept;
      }
      // A read that is under way may have begun before this progress. The next one begins after it.
      await (reading ?? begin(decisions));
    }
  }

  return {
    async asOf(progress, marks) {
      seen = mergePositions(seen, progress.positions);
      const list = await listFor(marks, progress);
      return { list, moved: movedSince(list, marks, progress.positions) };
    },
  };
}

/** The partitions of which the list may lack something. Events above the progress do not count: they may be half parked. */
function movedSince(
  { upTo }: Kept,
  marks: readonly ParkedMark[],
  progress: Positions,
): ReadonlySet<PartitionKey> {
  const moved = marks
    .map(({ context, partition, lastPosition }) => ({ key: partitionKey(context, partition), lastPosition }))
    .filter(({ key, lastPosition }) => {
      const known = upTo.get(key) ?? 0n;
      // A message that cannot be read is parked at the position of the event before it, which the list may have seen.
      return lastPosition >= known && (progress.get(key) ?? 0n) > known;
    });
  return new Set(moved.map(({ key }) => key));
}
