import type { CassandraSession, Row, Statement } from '@meridian/cassandra';
import { fromMessage, type AggregateType } from '@meridian/contracts';
import { bigint, text } from '@meridian/projection';
import type { ParkingOwner, PartitionOf } from './parked-events.ts';
import { parseHeaders, type QuarantinedMessage } from './quarantined-message.ts';
import { toStoredEvent, type StoredEvent } from './stored-event.ts';
import { DEFERRED_EVENT } from './tables.ts';

/** An event of an unknown type that is kept, without its content. */
export interface DeferredEvent extends Pick<QuarantinedMessage, 'aggregateId' | 'type'> {
  /** This process knows its type and still could not apply it; trying again would change nothing. */
  readonly failed?: boolean;
}

/** The statement that keeps an event of an unknown type for a later version of the code. */
export function deferStatement(
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition }: PartitionOf,
  { aggregateId, position, offset, type, headers, payload }: Omit<QuarantinedMessage, 'aggregateType'>,
): Statement {
  return {
    cql: `INSERT INTO ${keyspace}.${DEFERRED_EVENT} (projector, generation, context, partition, position, kafka_offset, aggregate_id, type, headers, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
    params: [
      projector,
      generation,
      context,
      partition,
      position,
      offset,
      aggregateId,
      type,
      headers,
      payload,
      2n * position + 1n,
    ],
  };
}

/** The statement that forgets one of them: it was applied, or parked with its aggregate. */
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

/** Which they are, by position. */
export async function whatIsDeferred(
  session: CassandraSession,
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition }: PartitionOf,
): Promise<Map<bigint, DeferredEvent>> {
  const rows = await session.execute(
    `SELECT position, aggregate_id, type FROM ${keyspace}.${DEFERRED_EVENT} WHERE projector = ? AND generation = ? AND context = ? AND partition = ?`,
    [projector, generation, context, partition],
    { consistency: 'LOCAL_QUORUM' },
  );
  return new Map(
    rows.map((row) => [
      bigint(row, 'position'),
      { aggregateId: text(row, 'aggregate_id'), type: text(row, 'type') },
    ]),
  );
}

/** An event of an unknown type that is kept, and whose it is. */
export interface DeferredOf extends DeferredEvent, PartitionOf {
  readonly aggregateType: AggregateType;
  readonly position: bigint;
}

/** The events of a partition above a position that are kept, in order, with whose they are. */
export async function deferredAbove(
  session: CassandraSession,
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition }: PartitionOf,
  position: bigint,
): Promise<readonly DeferredOf[]> {
  const rows = await session.execute(
    `SELECT aggregate_id, position, type, headers FROM ${keyspace}.${DEFERRED_EVENT} WHERE projector = ? AND generation = ? AND context = ? AND partition = ? AND position > ?`,
    [projector, generation, context, partition, position],
    { consistency: 'LOCAL_QUORUM' },
  );
  return rows.map((row) => ({ context, partition, ...toDeferredOf(row, partition) }));
}

/** Whether this event is kept at this moment: it is not once it was applied, or parked with its aggregate. */
export async function isDeferred(
  session: CassandraSession,
  { keyspace, projector, generation }: ParkingOwner,
  { context, partition, position }: Pick<DeferredOf, keyof PartitionOf | 'position'>,
): Promise<boolean> {
  const rows = await session.execute(
    `SELECT position FROM ${keyspace}.${DEFERRED_EVENT} WHERE projector = ? AND generation = ? AND context = ? AND partition = ? AND position = ?`,
    [projector, generation, context, partition, position],
    { consistency: 'LOCAL_QUORUM' },
  );
  return rows.length > 0;
}

function toDeferredOf(row: Row, partition: number): Omit<DeferredOf, keyof PartitionOf> {
  const headers = parseHeaders(text(row, 'headers'));
  const { aggregateType } = fromMessage({ partition, headers, value: new Uint8Array() });
  return {
    aggregateType,
    aggregateId: text(row, 'aggregate_id'),
    position: bigint(row, 'position'),
    type: text(row, 'type'),
  };
}
