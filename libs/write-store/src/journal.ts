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
import { CONTEXT_OF } from './aggregates.ts';
import { aggregateTypeIn } from './command-log.ts';
import type { Accepted } from './group.ts';
import { runScript, type Statement } from './script.ts';

/** The largest position that a column can hold. */
const NO_BOUND = 2n ** 64n - 1n;

const COLUMNS = `position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload,
  recorded_at, actor, traceparent`;

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

function envelopeOf(row: Row): EventEnvelope {
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
    payload: bytesOf(row, 'payload'),
  };
}

/** Where to go on reading one shard. */
export interface ShardCursor {
  readonly shard: number;
  readonly afterPosition: bigint;
  /** The last position to read; no bound when left out. */
  readonly untilPosition?: bigint;
}

/** What was read of several shards. */
export interface ShardEvents {
  /** The journal's head before any of them was read: a list shorter than its limit has all events up to here. */
  readonly head: bigint;
  /** One list a cursor. */
  readonly lists: readonly (readonly EventEnvelope[])[];
}

/**
 * Reads each shard's next events, at most `limit` of each, in order of position. Within a shard nothing is ever left out, since
 * positions appear in commit order; the shards are read one after the other.
 */
export async function readShards(
  pool: MysqlPool,
  cursors: readonly ShardCursor[],
  limit: number,
): Promise<ShardEvents> {
  if (cursors.length === 0) return { head: 0n, lists: [] };
  const statements = cursors.map(({ shard, afterPosition, untilPosition = NO_BOUND }) => ({
    sql: `SELECT ${COLUMNS} FROM journal FORCE INDEX (journal_shard)
          WHERE shard = ? AND position > ? AND position <= ? ORDER BY position LIMIT ?`,
    values: [shard, afterPosition, untilPosition, limit],
  }));
  const [head, ...results] = await pool.withConnection((connection) =>
    runScript(connection, [{ sql: HEAD, values: [] }, ...statements]),
  );
  return { head: headOf(head?.rows ?? []), lists: results.map(({ rows }) => rows.map(envelopeOf)) };
}

/**
 * Reads the next events after a position, of all shards or of some, in order of position: at most `limit` and none above
 * `untilPosition`, in a short transaction of its own, so that a long walk holds no snapshot open. An empty answer means that
 * there is no more yet.
 */
export async function readJournal({
  pool,
  shards,
  afterPosition,
  untilPosition = NO_BOUND,
  limit,
}: {
  pool: Pick<MysqlPool, 'query'>;
  shards?: readonly number[];
  afterPosition: bigint;
  untilPosition?: bigint;
  limit: number;
}): Promise<readonly EventEnvelope[]> {
  if (shards?.length === 0) return [];
  if (shards) {
    // One statement, so one snapshot: read one by one, a later shard could show an event beyond one that an earlier
    // shard did not show yet, and the caller would step over it.
    const one = `(SELECT ${COLUMNS} FROM journal FORCE INDEX (journal_shard)
                  WHERE shard = ? AND position > ? AND position <= ? ORDER BY position LIMIT ?)`;
    const { rows } = await pool.query(
      `${shards.map(() => one).join(' UNION ALL ')} ORDER BY position LIMIT ?`,
      [...shards.flatMap((shard) => [shard, afterPosition, untilPosition, limit]), limit],
    );
    return rows.map(envelopeOf);
  }
  const { rows } = await pool.query(
    `SELECT ${COLUMNS} FROM journal WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`,
    [afterPosition, untilPosition, limit],
  );
  return rows.map(envelopeOf);
}

/** The first `limit` events of one aggregate, in order of version. */
export async function readAggregate(
  pool: MysqlPool,
  { aggregateType, aggregateId }: Pick<EventEnvelope, 'aggregateType' | 'aggregateId'>,
  limit: number,
): Promise<readonly EventEnvelope[]> {
  const { rows } = await pool.query(
    `SELECT ${COLUMNS} FROM journal WHERE aggregate_type = ? AND aggregate_id = ? ORDER BY aggregate_version LIMIT ?`,
    [aggregateType, aggregateId, limit],
  );
  return rows.map(envelopeOf);
}

const HEAD = 'SELECT position FROM journal_head WHERE id = 1';

/** The position of the newest event; 0n when there is none. */
export async function readHead(pool: MysqlPool): Promise<bigint> {
  const { rows } = await pool.query(HEAD);
  return headOf(rows);
}

function headOf([head]: readonly Row[]): bigint {
  if (!head) throw new Error('journal_head has no row: migrations have not run');
  return bigintOf(head, 'position');
}
