import type { EventEnvelope } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import {
  bigintOf,
  bytesOf,
  dateOf,
  numberOf,
  textOf,
  uuidFromBytes,
  uuidToBytes,
  type MysqlPool,
  type Row,
  type Value,
} from '@meridian/mysql';
import { CONTEXT_OF } from '../command/aggregates.ts';
import { aggregateTypeIn } from '../command-log/command-log.ts';
import type { Accepted } from '../commit/group.ts';
import type { Statement } from '../sql/script.ts';

/** What an event is made of, by `envelopeOf`. */
export const JOURNAL_COLUMNS = [
  ...['position', 'event_id', 'shard', 'aggregate_type', 'aggregate_id', 'aggregate_version', 'type'],
  ...['payload', 'recorded_at', 'actor', 'traceparent'],
];

/**
 * Moves the head by `count` positions; LAST_INSERT_ID() is then the position before the first of them. Fails as out of range, and
 * draws none, when the head is behind a position that is known to have been there: checked under the head's lock, at no cost.
 */
export function moveHead(count: number, known: bigint): Statement {
  return {
    sql: `UPDATE journal_head SET position = LAST_INSERT_ID(position) + ?
          + IF(position >= ?, 0, position + 1 + 18446744073709551615) WHERE id = 1`,
    values: [count, known],
  };
}

/** Appends the events of accepted commands behind the old head; each carries the trace context that `traceOf` gives. */
export function appendEvents(
  accepted: readonly Accepted[],
  traceOf: (command: Accepted['command']) => string,
): Statement {
  const rows: string[] = [];
  const values: Value[] = [];
  for (const { command, events } of accepted) {
    const traceparent = traceOf(command);
    for (const { eventId, aggregateType, aggregateId, version, type, payload } of events) {
      rows.push(`(LAST_INSERT_ID() + ${rows.length + 1}, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), ?, ?)`);
      values.push(uuidToBytes(eventId), shardOf(aggregateId), aggregateType, aggregateId, version, type);
      values.push(payload, command.actor, traceparent);
    }
  }
  return {
    // One statement, so one time for all of them.
    sql: `INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type,
                               payload, recorded_at, actor, traceparent)
          VALUES ${rows.join(', ')}`,
    values,
  };
}

/** What a commit appended to the journal: whole, and in order of position. */
export interface CommittedEvents {
  /** The position before the first of them; nothing else has a position between. */
  readonly afterPosition: bigint;
  readonly events: readonly EventEnvelope[];
}

/** The old head, and when the events behind it were recorded: to be read after `appendEvents`, in its transaction. */
export const APPENDED: Statement = {
  sql: `SELECT LAST_INSERT_ID() AS head,
               (SELECT recorded_at FROM journal WHERE position = LAST_INSERT_ID() + 1) AS recorded_at`,
  values: [],
};

/** The events of accepted commands as the journal now has them; the same that reading it would give. */
export function appendedEvents(
  accepted: readonly Accepted[],
  { head, recordedAt }: { readonly head: bigint; readonly recordedAt: Date },
  traceOf: (command: Accepted['command']) => string,
): CommittedEvents {
  let position = head;
  const events = accepted.flatMap(({ command, events: recorded }) => {
    const traceparent = traceOf(command);
    return recorded.map((event): EventEnvelope => {
      position += 1n;
      return {
        ...event,
        ...{ position, shard: shardOf(event.aggregateId), context: CONTEXT_OF[event.aggregateType] },
        ...{ time: recordedAt, traceparent, actor: command.actor },
      };
    });
  });
  return { afterPosition: head, events };
}

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
    context: CONTEXT_OF[aggregateType],
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
