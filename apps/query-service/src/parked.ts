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
  parkedAggregate,
  type ParkedId,
  type ParkingOwner,
  type Progress,
  quarantineMarks,
} from '@meridian/read-store';
import { refusalError } from '@meridian/rpc';
import { createDeferredWatch, type DeferredFirst } from './deferred.ts';
import { createParkedList, type ParkedList, type ParkedLook } from './parked-list.ts';

/** An aggregate whose events from a position on are not in its rows. */
export interface HeldBack {
  readonly context: ContextName;
  readonly partition: number;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly firstPosition: bigint;
  readonly reason: string;
  /** What has to happen before these events are in the rows. */
  readonly until: string;
}

/** All aggregates that are held back. */
export interface PutAside {
  /** The number of these aggregates. While there are thousands, the number may be about a second old. */
  readonly aggregates: number;
  /** When any of this was last read from the store, in milliseconds of performance.now(); rows asked for sooner may be older. */
  readonly readAtMs: number;
  /** What is held back of an aggregate in the partitions that a token names. Reads one row where the list may not be enough. */
  of(aggregateId: string, required: Positions): Promise<HeldBackOf>;
}

/** What is held back of one aggregate, and when that was last read. */
export interface HeldBackOf {
  readonly events: readonly HeldBack[];
  readonly readAtMs: number;
}

/** Knows which aggregates of a generation are parked in a region, or have events of a type that the projector does not know. */
export interface ParkedWatch {
  /** All aggregates that were held back when this progress was read. The progress passes some of their events. */
  asOf(progress: Progress): Promise<PutAside>;
  /**
   * Whether there are deferred events in these partitions above this progress. Rows that are ahead of the progress may
   * then lack one of these events. Reads the store.
   */
  mayLack(keys: readonly PartitionKey[], progress: Progress): Promise<boolean>;
}

/**
 * Makes the watch. Questions that share one read of the progress also share one look at what is held back. A look costs two
 * small reads, of the marks. What is held back is read again only when the marks have moved, and now and then.
 */
export function createParkedWatch(
  session: CassandraSession,
  keyspace: string,
  { projector, generation }: { readonly projector: string; readonly generation: number },
): ParkedWatch {
  const known = new WeakMap<Progress, Promise<PutAside>>();
  const owner = { keyspace, projector, generation };
  const deferred = createDeferredWatch(session, owner);
  const list = createParkedList(session, owner);
  const count = createCount();

  async function look(progress: Progress): Promise<PutAside> {
    const marks = await quarantineMarks(session, owner);
    const [parked, kept] = await Promise.all([
      list.asOf(progress, marks.parked),
      deferred.asOf(progress, marks.deferred),
    ]);
    const readAtMs = Math.max(parked.list.readAtMs, kept.readAtMs);
    return {
      aggregates: count(parked.list, kept.first),
      readAtMs,
      async of(aggregateId, required) {
        const asked = await parkedNow(session, owner, parked, aggregateId, required);
        const events = [...(asked ?? []), ...kept.first.flatMap((first) => keptOf(first, aggregateId))];
        return { events, readAtMs: asked ? performance.now() : readAtMs };
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
): Promise<{ readonly aside: PutAside; readonly value: T }> {
  const { positions: upTo } = progress;
  const looking = lookAside(parked, progress, required, aggregateId);
  const askedMs = performance.now();
  const isWhole = looking.then(
    ({ aside, readAtMs }) => aside.aggregates === 0 && askedMs > readAtMs,
    () => false,
  );
  const first = ask({ upTo, isWhole });
  // Nobody awaits a failure of this read when the rows are read again, or when the question is refused.
  first.catch(() => undefined);
  const { aside, readAtMs } = await looking;
  if (askedMs > readAtMs) return { aside, value: await first };
  return { aside, value: await ask({ upTo, isWhole: Promise.resolve(aside.aggregates === 0) }) };
}

/** What is parked, and when that was last read. Refuses a question whose token may name a parked event of its aggregate. */
async function lookAside(
  parked: Pick<ParkedWatch, 'asOf'>,
  progress: Progress,
  required: Positions,
  aggregateId: string | undefined,
): Promise<{ readonly aside: PutAside; readonly readAtMs: number }> {
  const aside = await parked.asOf(progress);
  if (aggregateId === undefined) return { aside, readAtMs: aside.readAtMs };
  const { events, readAtMs } = await aside.of(aggregateId, required);
  refuseParked(events, required);
  return { aside, readAtMs };
}

/**
 * What of an aggregate is parked at this moment, read from the store. Undefined when the list alone shows that nothing is. So
 * an aggregate that an operator settled a moment ago is not refused, and one that was parked a moment ago is.
 */
async function parkedNow(
  session: CassandraSession,
  owner: ParkingOwner,
  { list, moved }: ParkedLook,
  aggregateId: string,
  required: Positions,
): Promise<readonly HeldBack[] | undefined> {
  const shard = shardOf(aggregateId);
  const mayBeParked = (key: PartitionKey) =>
    list.has(key, aggregateId) || (moved.has(key) && parsePartitionKey(key).partition === shard);
  const places = [...required.keys()].filter(mayBeParked).map(parsePartitionKey);
  if (places.length === 0) return undefined;
  const found = await Promise.all(
    places.map((place) => parkedAggregate(session, owner, { ...place, aggregateId })),
  );
  return found
    .filter((one) => one !== undefined)
    .map((one) => ({ ...one, until: 'an operator retries or discards them' }));
}

function keptOf(first: DeferredFirst, aggregateId: string): readonly HeldBack[] {
  const event = first.get(aggregateId);
  if (!event) return [];
  const { position: firstPosition, type } = event;
  const reason = `the projector does not know events of type ${type}`;
  return [{ ...event, firstPosition, reason, until: 'the projector runs a version that knows the type' }];
}

/** Counts the aggregates of both kinds, each once. It counts again only when something has changed. */
function createCount(): (list: ParkedList, kept: readonly DeferredFirst[]) => number {
  let last: { list: ParkedList; kept: readonly DeferredFirst[]; count: number } | undefined;
  return (list, kept) => {
    const isSame =
      last?.list === list &&
      last.kept.length === kept.length &&
      last.kept.every((first, index) => first === kept[index]);
    if (!last || !isSame) last = { list, kept, count: countOf(list, kept) };
    return last.count;
  };
}

function countOf({ parked }: ParkedList, kept: readonly DeferredFirst[]): number {
  const isKept = new Set(
    kept.flatMap((first) =>
      [...first.values()].map(({ context, partition, aggregateId }) =>
        nameOf({ context, partition, aggregateId }),
      ),
    ),
  );
  return isKept.size + parked.filter((one) => !isKept.has(nameOf(one))).length;
}

const nameOf = ({ context, partition, aggregateId }: ParkedId) =>
  `${partitionKey(context, partition)}/${aggregateId}`;

/**
 * Refuses a question about an aggregate of which something is put aside, with FAILED_PRECONDITION and reason
 * AGGREGATE_PARKED. It refuses when the token may name an event that was put aside: waiting would not bring that event.
 * Without a token the answer is what the rows show.
 */
function refuseParked(held: readonly HeldBack[], required: Positions): void {
  const found = held.find(
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
