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

/** Moves the head by `count` positions; LAST_INSERT_ID() is then the position before the first of them. */
export function moveHead(count: number): Statement {
  return {
    sql: 'UPDATE journal_head SET position = LAST_INSERT_ID(position) + ? WHERE id = 1',
    values: [count],
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
    sql: `INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type,
                               payload, recorded_at, actor, traceparent)
          VALUES ${rows.join(', ')}`,
    values,
  };
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

/**
 * Reads each shard's next events, at most `limit` of each, in order of position; one list a cursor. Within a shard nothing
 * is ever left out, since positions appear in commit order; the shards are read one after the other.
 */
export async function readShards(
  pool: MysqlPool,
  cursors: readonly ShardCursor[],
  limit: number,
): Promise<readonly (readonly EventEnvelope[])[]> {
  if (cursors.length === 0) return [];
  const statements = cursors.map(({ shard, afterPosition, untilPosition = NO_BOUND }) => ({
    sql: `SELECT ${COLUMNS} FROM journal FORCE INDEX (journal_shard)
          WHERE shard = ? AND position > ? AND position <= ? ORDER BY position LIMIT ?`,
    values: [shard, afterPosition, untilPosition, limit],
  }));
  const results = await pool.withConnection((connection) => runScript(connection, statements));
  return results.map(({ rows }) => rows.map(envelopeOf));
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

/** The position of the newest event; 0n when there is none. */
export async function readHead(pool: MysqlPool): Promise<bigint> {
  const { rows } = await pool.query('SELECT position FROM journal_head WHERE id = 1');
  const [head] = rows;
  if (!head) throw new Error('journal_head has no row: migrations have not run');
  return bigintOf(head, 'position');
}
