import type { CassandraSession } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { parkedAggregates, type ParkedAggregate, type Progress } from '@meridian/projection';
import { refusalError } from '@meridian/rpc';

/** Knows which aggregates a generation has parked in a region. */
export interface ParkedWatch {
  /** All that were parked when this progress was read: their later events are not in the rows, though it passes them. */
  asOf(progress: Progress): Promise<readonly ParkedAggregate[]>;
}

/** Makes one. Questions that share a look at the progress share one look at what is parked, too. */
export function createParkedWatch(
  session: CassandraSession,
  keyspace: string,
  { projector, generation }: { readonly projector: string; readonly generation: number },
): ParkedWatch {
  const known = new WeakMap<Progress, Promise<readonly ParkedAggregate[]>>();
  return {
    asOf(progress) {
      let looking = known.get(progress);
      if (!looking) {
        looking = parkedAggregates(session, keyspace, projector, generation);
        looking.catch(() => known.delete(progress));
        known.set(progress, looking);
      }
      return looking;
    },
  };
}

/**
 * Refuses a question about an aggregate that is parked, with FAILED_PRECONDITION and reason AGGREGATE_PARKED, when the token may
 * name an event that was put aside: waiting would not bring it. Without a token the answer is what the rows show.
 */
export function refuseParked(
  parked: readonly ParkedAggregate[],
  required: Positions,
  aggregateId: string | undefined,
): void {
  const found = parked.find(
    ({ aggregateId: id, context, partition, firstPosition }) =>
      id === aggregateId && firstPosition <= (required.get(partitionKey(context, partition)) ?? 0n),
  );
  if (!found) return;
  const subject = `${found.aggregateType}/${found.aggregateId}`;
  throw refusalError({
    kind: 'failed-precondition',
    code: 'AGGREGATE_PARKED',
    message: `${subject} is parked from position ${found.firstPosition} on: what the token names is not shown before an operator retries or discards it`,
    violations: [{ type: 'AGGREGATE_PARKED', subject, description: found.reason }],
  });
}
