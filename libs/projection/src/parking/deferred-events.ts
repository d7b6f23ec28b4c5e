import type { CassandraSession, Statement } from '@meridian/cassandra';
import type { ParkingOwner, PartitionOf } from './parked-events.ts';
import type { SetAside } from './set-aside.ts';
import { toStoredEvent, type StoredEvent } from './stored-event.ts';
import { DEFERRED_EVENT } from './tables.ts';

/** The statement that keeps an event of an unknown type for a later version of the code. */
export function deferStatement(
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition }: PartitionOf,
  { aggregateId, position, offset, type, headers, payload }: Omit<SetAside, 'aggregateType'>,
): Statement {
  return {
    cql: `INSERT INTO ${keyspace}.${DEFERRED_EVENT} (projector, generation, context, partition, position, kafka_offset, aggregate_id, type, headers, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
    params: [
      ...[projector, generation, context, partition, position, offset, aggregateId, type, headers],
      ...[payload, 2n * position + 1n],
    ],
  };
}

/** The statement that forgets one of them: it was applied. */
export function undeferStatement(
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition }: PartitionOf,
  position: bigint,
): Statement {
  return {
    cql: `DELETE FROM ${keyspace}.${DEFERRED_EVENT} USING TIMESTAMP ? WHERE projector = ? AND generation = ? AND context = ? AND partition = ? AND position = ?`,
    params: [2n * position + 2n, projector, generation, context, partition, position],
  };
}

/** The events of a partition that were kept so, in order. */
export async function deferredEvents(
  session: CassandraSession,
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition }: PartitionOf,
): Promise<readonly StoredEvent[]> {
  const rows = await session.execute(
    `SELECT aggregate_id, position, kafka_offset, type, headers, payload FROM ${keyspace}.${DEFERRED_EVENT} WHERE projector = ? AND generation = ? AND context = ? AND partition = ?`,
    [projector, generation, context, partition],
    { consistency: 'LOCAL_QUORUM' },
  );
  return rows.map((row) => toStoredEvent(row, partition));
}

/** How many they are. */
export async function countDeferred(
  session: CassandraSession,
  keyspace: string,
  { projector, generation, context, partition }: Omit<ParkingOwner, 'keyspace'> & PartitionOf,
): Promise<number> {
  const rows = await session.execute(
    `SELECT position FROM ${keyspace}.${DEFERRED_EVENT} WHERE projector = ? AND generation = ? AND context = ? AND partition = ?`,
    [projector, generation, context, partition],
    { consistency: 'LOCAL_QUORUM' },
  );
  return rows.length;
}
