import type { AggregateType, EventEnvelope } from '@meridian/contracts';
import { bigintOf, numberOf, optional, type MysqlPool, type Row, type Value } from '@meridian/mysql';
import { envelopeOf, HEAD, headOf, JOURNAL_COLUMNS } from './journal.ts';
import type { Statement } from '../sql/statements.ts';

/** What a journal row is beside its payload, about; bounds in bytes count it for every event. */
export const EVENT_OVERHEAD_BYTES = 400;

/** What one read may bring. */
export interface ReadBounds {
  /** Events at most. */
  readonly limit: number;
  /** Bytes at most, EVENT_OVERHEAD_BYTES for each event included; an event that is larger by itself comes alone. */
  readonly maxBytes: number;
}

/** Where to go on reading one shard. */
export interface ShardCursor {
  readonly shard: number;
  readonly afterPosition: bigint;
  /** The last position to read; no bound when left out. */
  readonly untilPosition?: bigint;
}

/** The next events of one shard. */
export interface ShardList {
  readonly events: readonly EventEnvelope[];
  /** A bound ended the read: there may be more behind. */
  readonly more: boolean;
}

/** What was read of several shards. */
export interface ShardEvents {
  /** The journal's head before any of them was read: a list without more has all events up to here. */
  readonly head: bigint;
  /** One list per cursor. */
  readonly lists: readonly ShardList[];
}

/** The largest position that a column can hold. */
const NO_BOUND = 2n ** 64n - 1n;

/** Some of the events of one shard. */
interface SomeOfShard extends ShardCursor {
  /** Only events of these kinds of aggregate; all when left out. */
  readonly aggregateTypes?: readonly AggregateType[] | undefined;
}

/**
 * Some rows of the journal's index: `list`, by which the bounds hold, position and payload_bytes. The index alone answers, so that
 * sizes are known before the first payload is read. It does not know kinds of aggregate: these are looked up row by row, without
 * the payload.
 */
export function indexRange(list: number, cursor: SomeOfShard, limit: number): Statement {
  const { shard, afterPosition, untilPosition = NO_BOUND, aggregateTypes } = cursor;
  const kinds = aggregateTypes ? [[...aggregateTypes]] : [];
  return {
    sql: `(SELECT ${list} AS list, position, payload_bytes FROM journal FORCE INDEX (journal_shard)
           WHERE shard = ? AND position > ? AND position <= ? ${aggregateTypes ? 'AND aggregate_type IN (?)' : ''}
           ORDER BY position LIMIT ?)`,
    values: [shard, afterPosition, untilPosition, ...kinds, limit],
  };
}

/**
 * The first rows of each list that stay within the bytes together, and at least one. Then one row without a payload for
 * what came next: it tells that the bytes ended the list. Of no other row is more read than the index.
 */
export function withinBytes(rows: Statement, maxBytes: number): Statement {
  const columns = JOURNAL_COLUMNS.map((column) => `journal.${column}`).join(', ');
  return {
    sql: `SELECT sized.list, ${columns} FROM (
            SELECT list, position AS at, ROW_NUMBER() OVER listed AS place, payload_bytes + ${EVENT_OVERHEAD_BYTES} AS size,
                   SUM(payload_bytes + ${EVENT_OVERHEAD_BYTES}) OVER listed AS bytes
            FROM (${rows.sql}) AS found
            WINDOW listed AS (PARTITION BY list ORDER BY position ROWS UNBOUNDED PRECEDING)) AS sized
          LEFT JOIN journal FORCE INDEX (PRIMARY)
            ON journal.position = IF(sized.bytes <= ? OR sized.place = 1, sized.at, NULL)
          WHERE sized.bytes - sized.size <= ? OR sized.place = 2 ORDER BY sized.at`,
    values: [...rows.values, maxBytes, maxBytes],
  };
}

interface Bounded {
  readonly events: EventEnvelope[];
  cut: boolean;
}

export function boundedLists(rows: readonly Row[], count: number): readonly Bounded[] {
  const lists = Array.from({ length: count }, (): Bounded => ({ events: [], cut: false }));
  for (const row of rows) {
    const list = lists[numberOf(row, 'list')];
    if (!list) throw new Error('the journal gave a row of no list');
    if (optional(row, 'position', bigintOf) === undefined) list.cut = true;
    else list.events.push(envelopeOf(row));
  }
  return lists;
}

/**
 * Reads each shard's next events within the bounds, which hold for each shard by itself, in order of position, all in one request. Within
 * a shard nothing is ever left out, since positions appear in commit order.
 */
export async function readShards(
  pool: MysqlPool,
  cursors: readonly ShardCursor[],
  { limit, maxBytes }: ReadBounds,
): Promise<ShardEvents> {
  if (cursors.length === 0) return { head: 0n, lists: [] };
  const ranges = cursors.map((cursor, list) => indexRange(list, cursor, limit));
  const [head, found] = await pool.withConnection((connection) =>
    connection.runAll([{ sql: HEAD, values: [] }, withinBytes(unionOf(ranges), maxBytes)]),
  );
  const lists = boundedLists(found?.rows ?? [], cursors.length).map(({ events, cut }) => ({
    events,
    more: cut || events.length === limit,
  }));
  return { head: headOf(head?.rows ?? []), lists };
}

/** The rows of all these statements, each in brackets of its own. */
export function unionOf(statements: readonly Statement[]): { sql: string; values: Value[] } {
  return {
    sql: statements.map(({ sql }) => sql).join(' UNION ALL '),
    values: statements.flatMap(({ values }) => values),
  };
}
