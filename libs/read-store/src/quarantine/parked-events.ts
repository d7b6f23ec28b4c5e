import type { CassandraSession, Statement } from '@meridian/cassandra';
import type { ContextName } from '@meridian/contracts';
import type { ParkedAggregate } from './parked-aggregates.ts';
import type { QuarantinedMessage } from './quarantined-message.ts';
import { toStoredEvent, type StoredEvent } from './stored-event.ts';
import { PARKED_AGGREGATE, PARKED_EVENT } from './tables.ts';

/** Which read model parks, and where it is kept. */
export interface ParkingOwner {
  readonly keyspace: string;
  readonly projector: string;
  readonly generation: number;
}

/** A partition of a context's topic. */
export interface PartitionOf {
  readonly context: ContextName;
  readonly partition: number;
}

/**
 * The statement that records a parked aggregate, as it is with its last parked event: the timestamp is that event's, as of any
 * row. What an operator decides stands above it and below the next event.
 */
export function parkStatement(
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition, ...one }: ParkedAggregate,
  timestamp = 2n * one.lastPosition + 1n,
): Statement {
  const { aggregateId, aggregateType, reason, firstPosition, lastPosition, events, parkedAt } = one;
  return {
    cql: `INSERT INTO ${keyspace}.${PARKED_AGGREGATE} (projector, generation, context, partition, aggregate_id, aggregate_type, reason, first_position, last_position, events, parked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
    params: [
      projector,
      generation,
      context,
      partition,
      aggregateId,
      aggregateType,
      reason,
      firstPosition,
      lastPosition,
      events,
      parkedAt,
      timestamp,
    ],
  };
}

/** The statement that keeps a parked event. */
export function keepStatement(
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition }: PartitionOf,
  {
    aggregateId,
    position,
    offset,
    type,
    headers,
    payload,
    reason,
  }: Omit<QuarantinedMessage, 'aggregateType'>,
): Statement {
  return {
    cql: `INSERT INTO ${keyspace}.${PARKED_EVENT} (projector, generation, context, aggregate_id, position, kafka_offset, partition, type, headers, payload, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
    params: [
      projector,
      generation,
      context,
      aggregateId,
      position,
      offset,
      partition,
      type,
      headers,
      payload,
      reason,
      2n * position + 1n,
    ],
  };
}

/** The statement that takes an aggregate off the list; its next event would park it anew. */
export function unparkStatement(
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition, aggregateId, lastPosition }: ParkedAggregate,
): Statement {
  return {
    cql: `DELETE FROM ${keyspace}.${PARKED_AGGREGATE} USING TIMESTAMP ? WHERE projector = ? AND generation = ? AND context = ? AND partition = ? AND aggregate_id = ?`,
    params: [2n * lastPosition + 2n, projector, generation, context, partition, aggregateId],
  };
}

/** The statement that forgets an aggregate's parked events up to a position. */
export function forgetStatement(
  { keyspace, projector, generation }: ParkingOwner,
  { context, aggregateId }: Pick<ParkedAggregate, 'context' | 'aggregateId'>,
  upTo: bigint,
): Statement {
  return {
    cql: `DELETE FROM ${keyspace}.${PARKED_EVENT} USING TIMESTAMP ? WHERE projector = ? AND generation = ? AND context = ? AND aggregate_id = ? AND position <= ?`,
    params: [2n * upTo + 2n, projector, generation, context, aggregateId, upTo],
  };
}

/** The parked events of an aggregate, in order, at LOCAL_QUORUM. */
export async function parkedEvents(
  session: CassandraSession,
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition, aggregateId }: Pick<ParkedAggregate, 'context' | 'partition' | 'aggregateId'>,
): Promise<readonly StoredEvent[]> {
  const rows = await session.execute(
    `SELECT aggregate_id, position, kafka_offset, type, headers, payload, reason FROM ${keyspace}.${PARKED_EVENT} WHERE projector = ? AND generation = ? AND context = ? AND aggregate_id = ?`,
    [projector, generation, context, aggregateId],
    { consistency: 'LOCAL_QUORUM' },
  );
  return rows.map((row) => toStoredEvent(row, partition));
}
