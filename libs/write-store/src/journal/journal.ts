import { contextOfAggregate, type EventEnvelope } from '@meridian/contracts';
import {
  bigintOf,
  bytesOf,
  dateOf,
  numberOf,
  textOf,
  uuidFromBytes,
  type MysqlPool,
  type Row,
} from '@meridian/mysql';
import { aggregateTypeIn } from '../command/aggregates.ts';

/** What an event is made of, by `envelopeOf`. */
export const JOURNAL_COLUMNS = [
  'position',
  'event_id',
  'shard',
  'aggregate_type',
  'aggregate_id',
  'aggregate_version',
  'type',
  'payload',
  'recorded_at',
  'actor',
  'traceparent',
];

/** An event without its data. */
export type EventHeader = Omit<EventEnvelope, 'payload'>;

/** The event that a row of the journal holds. */
export const envelopeOf = (row: Row): EventEnvelope => ({
  ...headerOf(row),
  payload: bytesOf(row, 'payload'),
});

function headerOf(row: Row): EventHeader {
  const aggregateType = aggregateTypeIn(row);
  return {
    eventId: uuidFromBytes(bytesOf(row, 'event_id')),
    position: bigintOf(row, 'position'),
    shard: numberOf(row, 'shard'),
    context: contextOfAggregate(aggregateType),
    aggregateType,
    aggregateId: textOf(row, 'aggregate_id'),
    version: bigintOf(row, 'aggregate_version'),
    type: textOf(row, 'type'),
    time: dateOf(row, 'recorded_at'),
    traceparent: textOf(row, 'traceparent'),
    actor: textOf(row, 'actor'),
  };
}

/** The newest events of one aggregate, `limit` at most, in order of version, without their data: that may be a megabyte each. */
export async function readAggregate(
  pool: MysqlPool,
  { aggregateType, aggregateId }: Pick<EventEnvelope, 'aggregateType' | 'aggregateId'>,
  limit: number,
): Promise<readonly EventHeader[]> {
  const columns = JOURNAL_COLUMNS.filter((column) => column !== 'payload').join(', ');
  const { rows } = await pool.query(
    `SELECT ${columns} FROM journal WHERE aggregate_type = ? AND aggregate_id = ? ORDER BY aggregate_version DESC LIMIT ?`,
    [aggregateType, aggregateId, limit],
  );
  return rows.map(headerOf).reverse();
}

/** Reads the head's row. */
export const HEAD = 'SELECT position FROM journal_head WHERE id = 1';

/** The position of the newest event; 0n when there is none. */
export async function readHead(pool: Pick<MysqlPool, 'query'>): Promise<bigint> {
  const { rows } = await pool.query(HEAD);
  return headOf(rows);
}

/** The position that HEAD has read. Throws when there is no row. */
export function headOf([head]: readonly Row[]): bigint {
  if (!head) throw new Error('journal_head has no row: migrations have not run');
  return bigintOf(head, 'position');
}
