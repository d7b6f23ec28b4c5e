import type { CassandraSession } from '@meridian/cassandra';
import {
  parsePartitionKey,
  partitionKey,
  type ContextName,
  type PartitionKey,
  type Positions,
} from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import {
  type Completeness,
  deferredMarks,
  type DeferredOf,
  isDeferred,
  parkedAggregate,
  type ParkedId,
  type ParkingOwner,
  type Progress,
  quarantineMarks,
} from '@meridian/read-store';
import { refusalError } from '@meridian/rpc';
import { createDeferredWatch, type DeferredEvents } from './deferred.ts';
import { createParkedList, type ParkedList, type ParkedLook } from './parked-list.ts';

/** An aggregate whose events from a position on are not in its rows. */
export interface ParkedEvents {
  readonly context: ContextName;
  readonly partition: number;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly firstPosition: bigint;
  readonly reason: string;
  /** What has to happen before these events are in the rows. */
  readonly until: string;
}

/** All aggregates of which events are parked or deferred. */
export interface AllParked {
  /** The number of these aggregates. While there are thousands, the number may be about a second old. */
  readonly aggregates: number;
  /** When any of this was last read from the store, in milliseconds of performance.now(); rows asked for sooner may be older. */
  readonly readAtMs: number;
  /** What is parked or deferred of an aggregate in the partitions that a token names. Reads single rows where the list may not be enough. */
  of(aggregateId: string, required: Positions): Promise<ParkedOf>;
}

/** What is parked or deferred of one aggregate, and when that was last read. */
export interface ParkedOf {
  readonly events: readonly ParkedEvents[];
  readonly readAtMs: number;
}

/** Knows which aggregates of a generation are parked in a region, or have events of a type that the projector does not know. */
export interface ParkedWatch {
  /** All aggregates of which events were parked or deferred when this progress was read. The progress passes some of their events. */
  asOf(progress: Progress): Promise<AllParked>;
  /**
   * Whether there are deferred events in these partitions above this progress. Rows that are ahead of the progress may
   * then lack one of these events. Reads the store.
   */
  mayLack(keys: readonly PartitionKey[], progress: Progress): Promise<boolean>;
}

/**
 * Makes the watch. Questions that share one read of the progress also share one look at what is parked. The marks come with the
 * progress, or else a look costs two small reads. The events are read again only when the marks have moved, and now and then.
 */
export function createParkedWatch(
  session: CassandraSession,
  keyspace: string,
  { projector, generation }: { readonly projector: string; readonly generation: number },
): ParkedWatch {
  const known = new WeakMap<Progress, Promise<AllParked>>();
  const owner = { keyspace, projector, generation };
  const deferred = createDeferredWatch(session, owner);
  const list = createParkedList(session, owner);
  const count = createCount();

  async function look(progress: Progress): Promise<AllParked> {
    const marks = progress.marks ?? (await quarantineMarks(session, owner));
    const [parked, later] = await Promise.all([
      list.asOf(progress, marks.parked),
      deferred.asOf(progress, marks.deferred),
    ]);
    const readAtMs = Math.max(parked.list.readAtMs, later.readAtMs);
    return {
      aggregates: count(parked.list, later.kept),
      readAtMs,
      async of(aggregateId, required) {
        const kept = await deferredNow(session, owner, later.kept, aggregateId, required);
        // An event that is not deferred any more was applied, or parked with its aggregate.
        const asked = await parkedNow(session, owner, parked, aggregateId, required, kept.isRead);
        const events = [...(asked ?? []), ...kept.events];
        return { events, readAtMs: asked || kept.isRead ? performance.now() : readAtMs };
      },
    };
  }

  return {
    asOf(progress) {
      let looking = known.get(progress);
      if (!looking) {
        looking = look(progress);
        looking.catch(() => known.delete(progress));
        known.set(progress, looking);
      }
      return looking;
    },
    async mayLack(keys, { positions }) {
      const marks = await deferredMarks(session, owner);
      return marks.some(({ context, partition, lastPosition }) => {
        const key = partitionKey(context, partition);
        return keys.includes(key) && lastPosition > (positions.get(key) ?? 0n);
      });
    },
  };
}

/**
 * Reads rows, and what is not in them because it is parked. Both are asked for at once. When the list of what is parked
 * had to be read again, the rows are read again, too. A retry writes the rows first, and then takes its aggregate off
 * the list. Old rows with a new list would lack what the token names. Each read is told whether its rows lack nothing.
 */
export async function besideWhatIsParked<T>(
  parked: Pick<ParkedWatch, 'asOf'>,
  progress: Progress,
  required: Positions,
  aggregateId: string | undefined,
  ask: (completeness: Completeness) => Promise<T>,
): Promise<{ readonly parked: AllParked; readonly value: T }> {
  const { positions: upTo } = progress;
  const looking = lookAtParked(parked, progress, required, aggregateId);
  const askedMs = performance.now();
  const isWhole = looking.then(
    ({ all, readAtMs }) => all.aggregates === 0 && askedMs > readAtMs,
    () => false,
  );
  const first = ask({ upTo, isWhole });
  // Nobody awaits a failure of this read when the rows are read again, or when the question is refused.
  first.catch(() => undefined);
  const { all, readAtMs } = await looking;
  if (askedMs > readAtMs) return { parked: all, value: await first };
  return { parked: all, value: await ask({ upTo, isWhole: Promise.resolve(all.aggregates === 0) }) };
}

/** What is parked, and when that was last read. Refuses a question whose token may name a parked event of its aggregate. */
async function lookAtParked(
  parked: Pick<ParkedWatch, 'asOf'>,
  progress: Progress,
  required: Positions,
  aggregateId: string | undefined,
): Promise<{ readonly all: AllParked; readonly readAtMs: number }> {
  const all = await parked.asOf(progress);
  if (aggregateId === undefined) return { all, readAtMs: all.readAtMs };
  const { events, readAtMs } = await all.of(aggregateId, required);
  refuseParked(events, required);
  return { all, readAtMs };
}

/**
 * What of an aggregate is parked at this moment, read from the store. Undefined when the list alone shows that nothing is, and nothing
 * else makes the aggregate suspect. So an aggregate that an operator settled a moment ago is not refused, and one that was parked a moment ago is.
 */
async function parkedNow(
  session: CassandraSession,
  owner: ParkingOwner,
  { list, moved }: ParkedLook,
  aggregateId: string,
  required: Positions,
  isSuspect: boolean,
): Promise<readonly ParkedEvents[] | undefined> {
  const shard = shardOf(aggregateId);
  const mayBeParked = (key: PartitionKey) =>
    list.has(key, aggregateId) ||
    ((isSuspect || moved.has(key)) && parsePartitionKey(key).partition === shard);
  const places = [...required.keys()].filter(mayBeParked).map(parsePartitionKey);
  if (places.length === 0) return undefined;
  const found = await Promise.all(
    places.map((place) => parkedAggregate(session, owner, { ...place, aggregateId })),
  );
  return found
    .filter((one) => one !== undefined)
    .map((one) => ({ ...one, until: 'an operator retries or discards them' }));
}

/** So many events of an aggregate are looked up for a question at most. */
const MOST_LOOKED_UP = 8;

/**
 * What of an aggregate is deferred at this moment: the first event of each partition. What is remembered may have been applied since, so
 * an event that the token names is looked up in the store. `isRead` tells whether one was. Where many have been applied, one counts
 * as deferred until all are read again.
 */
async function deferredNow(
  session: CassandraSession,
  owner: ParkingOwner,
  kept: readonly DeferredEvents[],
  aggregateId: string,
  required: Positions,
): Promise<{ readonly events: readonly ParkedEvents[]; readonly isRead: boolean }> {
  let isRead = false;
  const firstOf = async (events: readonly DeferredOf[]): Promise<DeferredOf | undefined> => {
    for (const [index, event] of events.entries()) {
      const { context, partition, position } = event;
      if (position > (required.get(partitionKey(context, partition)) ?? -1n)) return event;
      if (index === MOST_LOOKED_UP) return event;
      isRead = true;
      if (await isDeferred(session, owner, event)) return event;
    }
    return undefined;
  };
  const found = await Promise.all(kept.map((one) => firstOf(one.get(aggregateId) ?? [])));
  return { events: found.filter((event) => event !== undefined).map(asParked), isRead };
}

function asParked({ position: firstPosition, type, ...event }: DeferredOf): ParkedEvents {
  const reason = `the projector does not know events of type ${type}`;
  return { ...event, firstPosition, reason, until: 'the projector runs a version that knows the type' };
}

/** Counts the aggregates of both kinds, each once. It counts again only when something has changed. */
function createCount(): (list: ParkedList, deferred: readonly DeferredEvents[]) => number {
  let last: { list: ParkedList; deferred: readonly DeferredEvents[]; count: number } | undefined;
  return (list, deferred) => {
    const isSame =
      last?.list === list &&
      last.deferred.length === deferred.length &&
      last.deferred.every((kept, index) => kept === deferred[index]);
    if (!last || !isSame) last = { list, deferred, count: countOf(list, deferred) };
    return last.count;
  };
}

function countOf({ parked }: ParkedList, deferred: readonly DeferredEvents[]): number {
  const isDeferred = new Set(
    deferred.flatMap((kept) =>
      [...kept.values()]
        .flatMap((events) => events.slice(0, 1))
        .map(({ context, partition, aggregateId }) => nameOf({ context, partition, aggregateId })),
    ),
  );
  return isDeferred.size + parked.filter((one) => !isDeferred.has(nameOf(one))).length;
}

const nameOf = ({ context, partition, aggregateId }: ParkedId) =>
  `${partitionKey(context, partition)}/${aggregateId}`;

/**
 * Refuses a question about an aggregate of which something is parked or deferred, with FAILED_PRECONDITION and reason
 * AGGREGATE_PARKED. It refuses when the token may name such an event: waiting would not bring that event.
 * Without a token the answer is what the rows show.
 */
function refuseParked(parked: readonly ParkedEvents[], required: Positions): void {
  const found = parked.find(
    ({ context, partition, firstPosition }) =>
      firstPosition <= (required.get(partitionKey(context, partition)) ?? -1n),
  );
  if (!found) return;
  const subject = `${found.aggregateType}/${found.aggregateId}`;
  throw refusalError({
    kind: 'failed-precondition',
    code: 'AGGREGATE_PARKED',
    message: `${subject} is parked from position ${found.firstPosition} on: the events that the token names are not shown until ${found.until}; ask without the token for an older state`,
    violations: [{ type: 'AGGREGATE_PARKED', subject, description: found.reason }],
  });
}
