import type { CassandraSession } from '@meridian/cassandra';
import { partitionKey, type PartitionKey } from '@meridian/contracts';
import {
  deferredAbove,
  type DeferredMark,
  type DeferredOf,
  type ParkingOwner,
  type Progress,
} from '@meridian/read-store';

/** The deferred events of one partition: for each aggregate its events of types that the projector does not know, in order. */
export type DeferredEvents = ReadonlyMap<string, readonly DeferredOf[]>;

/** Knows which events of unknown types a generation has deferred in a region. */
export interface DeferredWatch {
  /** All events that were deferred when this progress was read. The marks were read with the progress, or after it. */
  asOf(progress: Progress, marks: readonly DeferredMark[]): Promise<DeferredLook>;
}

/** What is deferred, one map per partition. */
export interface DeferredLook {
  readonly kept: readonly DeferredEvents[];
  /** When one of the maps was last read, in milliseconds of performance.now(). */
  readonly readAtMs: number;
}

/** What is known of a partition up to a position. */
interface Known {
  readonly upTo: bigint;
  readonly kept: DeferredEvents;
  /** The number of deferred events; an aggregate may have several. */
  readonly events: number;
  /** When all of these events were read. */
  readonly wholeAtMs: number;
  /** When some of these events were read last. */
  readonly readAtMs: number;
}

const REFRESH_MS = 2_000;
/** A partition with many deferred events is read again less often: at most this many events per second. */
const MAX_EVENTS_A_SECOND = 500;

/**
 * Makes a watch over deferred events. A look reads nothing while no mark moves. The events are read once. While there are
 * any, they are read again now and then, to see whether they were applied.
 */
export function createDeferredWatch(session: CassandraSession, owner: ParkingOwner): DeferredWatch {
  const known = new Map<PartitionKey, Known>();

  async function partition(mark: DeferredMark, progress: Progress): Promise<Known> {
    const key = partitionKey(mark.context, mark.partition);
    const before = known.get(key) ?? NOTHING;
    const refreshMs = Math.max(REFRESH_MS, (before.events / MAX_EVENTS_A_SECOND) * 1_000);
    const isStale = before.kept.size > 0 && performance.now() - before.wholeAtMs > refreshMs;
    // Above the progress there may be events that are only being written.
    const upTo = later(before.upTo, earlier(mark.lastPosition, progress.positions.get(key) ?? 0n));
    if (upTo === before.upTo && !isStale) return before;
    const base = isStale ? { ...NOTHING, wholeAtMs: performance.now() } : before;
    const events = await deferredAbove(session, owner, mark, base.upTo);
    const passed = events.filter(({ position }) => position <= upTo);
    const found: Known = {
      upTo,
      kept: withMore(base.kept, passed),
      events: base.events + passed.length,
      wholeAtMs: base.wholeAtMs,
      readAtMs: performance.now(),
    };
    if (upTo >= (known.get(key)?.upTo ?? 0n)) known.set(key, found);
    return found;
  }

  return {
    async asOf(progress, marks) {
      const all = await Promise.all(marks.map((mark) => partition(mark, progress)));
      return {
        kept: all.map(({ kept }) => kept),
        readAtMs: Math.max(NEVER_MS, ...all.map(({ readAtMs }) => readAtMs)),
      };
    },
  };
}

const NEVER_MS = Number.NEGATIVE_INFINITY;
const NOTHING: Known = {
  upTo: 0n,
  kept: new Map(),
  events: 0,
  wholeAtMs: 0,
  readAtMs: NEVER_MS,
};

function withMore(known: DeferredEvents, events: readonly DeferredOf[]): DeferredEvents {
  if (events.length === 0) return known;
  const kept = new Map(known);
  for (const [id, more] of Map.groupBy(events, ({ aggregateId }) => aggregateId))
    kept.set(id, [...(kept.get(id) ?? []), ...more]);
  return kept;
}

const earlier = (a: bigint, b: bigint) => (a < b ? a : b);
const later = (a: bigint, b: bigint) => (a > b ? a : b);
