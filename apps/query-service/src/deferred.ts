import type { CassandraSession } from '@meridian/cassandra';
import { partitionKey, type PartitionKey } from '@meridian/contracts';
import {
  deferredAbove,
  deferredMarks,
  type DeferredMark,
  type DeferredOf,
  type ParkingOwner,
  type Progress,
} from '@meridian/projection';

/** By aggregate: the first event of it, of a type that the projector does not know, that is not in the rows of one partition. */
export type DeferredFirst = ReadonlyMap<string, DeferredOf>;

/** Knows which events of unknown types a generation keeps in a region, instead of having applied them. */
export interface DeferredWatch {
  /** All that were kept when this progress was read, a partition at a time. */
  asOf(progress: Progress): Promise<readonly DeferredFirst[]>;
}

/** What is known of a partition up to a position. */
interface Known {
  readonly upTo: bigint;
  readonly first: DeferredFirst;
  readonly readAtMs: number;
}

const REFRESH_MS = 2_000;

/**
 * Makes one. A look costs one small read; what is kept is read once, and again now and then while there is anything, to see
 * that it was applied.
 */
export function createDeferredWatch(session: CassandraSession, owner: ParkingOwner): DeferredWatch {
  const known = new Map<PartitionKey, Known>();

  async function partition(mark: DeferredMark, progress: Progress): Promise<DeferredFirst> {
    const key = partitionKey(mark.context, mark.partition);
    const before = known.get(key) ?? NOTHING;
    const isStale = before.first.size > 0 && performance.now() - before.readAtMs > REFRESH_MS;
    // Above the progress there may be events that are only being written.
    const upTo = later(before.upTo, earlier(mark.lastPosition, progress.positions.get(key) ?? 0n));
    if (upTo === before.upTo && !isStale) return before.first;
    const base = isStale ? { ...NOTHING, readAtMs: performance.now() } : before;
    const events = await deferredAbove(session, owner, mark, base.upTo);
    const passed = events.filter(({ position }) => position <= upTo);
    const first = withMore(base.first, passed);
    if (upTo >= (known.get(key)?.upTo ?? 0n)) known.set(key, { upTo, first, readAtMs: base.readAtMs });
    return first;
  }

  return {
    async asOf(progress) {
      const marks = await deferredMarks(session, owner);
      return Promise.all(marks.map((mark) => partition(mark, progress)));
    },
  };
}

const NOTHING: Known = { upTo: 0n, first: new Map(), readAtMs: 0 };

function withMore(known: DeferredFirst, events: readonly DeferredOf[]): DeferredFirst {
  const first = new Map(known);
  for (const event of events) if (!first.has(event.aggregateId)) first.set(event.aggregateId, event);
  return first;
}

const earlier = (a: bigint, b: bigint) => (a < b ? a : b);
const later = (a: bigint, b: bigint) => (a > b ? a : b);
