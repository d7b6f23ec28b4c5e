import type { CassandraSession } from '@meridian/cassandra';
import { partitionKey, type ContextName, type Positions } from '@meridian/contracts';
import { parkedAggregates, type ParkedAggregate, type Progress } from '@meridian/projection';
import { refusalError } from '@meridian/rpc';
import { createDeferredWatch, type DeferredFirst } from './deferred.ts';

/** An aggregate that the rows do not show as its events would have it, from a position on. */
export interface HeldBack {
  readonly context: ContextName;
  readonly partition: number;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly firstPosition: bigint;
  readonly reason: string;
  /** When that ends. */
  readonly until: string;
}

/** All of them. */
export interface PutAside {
  /** How many they are. */
  readonly aggregates: number;
  of(aggregateId: string): readonly HeldBack[];
}

/** Knows which aggregates of a generation are parked in a region, or have events of a type that the projector does not know. */
export interface ParkedWatch {
  /** All that were when this progress was read: some of their events are not in the rows, though it passes them. */
  asOf(progress: Progress): Promise<PutAside>;
}

/** Makes one. Questions that share a look at the progress share one look at what is put aside, too. */
export function createParkedWatch(
  session: CassandraSession,
  keyspace: string,
  { projector, generation }: { readonly projector: string; readonly generation: number },
): ParkedWatch {
  const known = new WeakMap<Progress, Promise<PutAside>>();
  const deferred = createDeferredWatch(session, { keyspace, projector, generation });

  async function look(progress: Progress): Promise<PutAside> {
    const [parked, kept] = await Promise.all([
      parkedAggregates(session, keyspace, projector, generation),
      deferred.asOf(progress),
    ]);
    return putAside(parked, kept);
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
  };
}

function putAside(parked: readonly ParkedAggregate[], kept: readonly DeferredFirst[]): PutAside {
  const isKept = ({ aggregateId, context, partition }: ParkedAggregate) =>
    kept.some((first) => {
      const found = first.get(aggregateId);
      return found?.context === context && found.partition === partition;
    });
  return {
    // An aggregate is in one partition.
    aggregates: kept.reduce((sum, { size }) => sum + size, parked.filter((one) => !isKept(one)).length),
    of: (id) => [
      ...parked
        .filter(({ aggregateId }) => aggregateId === id)
        .map((one) => ({ ...one, until: 'an operator retries or discards it' })),
      ...kept.flatMap((first) => {
        const event = first.get(id);
        if (!event) return [];
        const { position: firstPosition, type } = event;
        const reason = `the projector does not know events of type ${type}`;
        return [{ ...event, firstPosition, reason, until: 'the projector runs a version that knows it' }];
      }),
    ],
  };
}

/**
 * Refuses a question about an aggregate of which something is put aside, with FAILED_PRECONDITION and reason AGGREGATE_PARKED, when
 * the token may name an event that was: waiting would not bring it. Without a token the answer is what the rows show.
 */
export function refuseParked(aside: PutAside, required: Positions, aggregateId: string | undefined): void {
  const found = (aggregateId === undefined ? [] : aside.of(aggregateId)).find(
    ({ context, partition, firstPosition }) =>
      firstPosition <= (required.get(partitionKey(context, partition)) ?? 0n),
  );
  if (!found) return;
  const subject = `${found.aggregateType}/${found.aggregateId}`;
  throw refusalError({
    kind: 'failed-precondition',
    code: 'AGGREGATE_PARKED',
    message: `${subject} is parked from position ${found.firstPosition} on: what the token names is not shown before ${found.until}`,
    violations: [{ type: 'AGGREGATE_PARKED', subject, description: found.reason }],
  });
}
