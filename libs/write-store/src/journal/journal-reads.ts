import type { EventEnvelope } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { bigintOf, numberOf, optional, type MysqlPool, type Row, type Value } from '@meridian/mysql';
import { envelopeOf, HEAD, headOf, JOURNAL_COLUMNS, readHead } from './journal.ts';
import type { Statement } from '../sql/script.ts';

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

/**
 * Some rows of the journal's index: `list`, by which the bounds hold, position and payload_bytes. The index alone answers, so that
 * sizes are known before the first payload is read.
 */
function indexRange(list: number, cursor: ShardCursor, limit: number): Statement {
  const { shard, afterPosition, untilPosition = NO_BOUND } = cursor;
  return {
    sql: `(SELECT ${list} AS list, position, payload_bytes FROM journal FORCE INDEX (journal_shard)
           WHERE shard = ? AND position > ? AND position <= ? ORDER BY position LIMIT ?)`,
    values: [shard, afterPosition, untilPosition, limit],
  };
}

/**
 * The first rows of each list that stay within the bytes together, and at least one; then one row without a payload for what came next,
 * which tells that the bytes ended the list. Of no other row is more read than the index.
 */
function withinBytes(rows: Statement, maxBytes: number): Statement {
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

function boundedLists(rows: readonly Row[], count: number): readonly Bounded[] {
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
    ...{ events, more: cut || events.length === limit },
  }));
  return { head: headOf(head?.rows ?? []), lists };
}

/** The next page of a part of the journal. */
export interface JournalPage {
  readonly events: readonly EventEnvelope[];
  /** All events of the part up to here are in this page or before it. */
  readonly readTo: bigint;
}

/** A part of the journal that is read page by page. */
export interface JournalRange {
  readonly pool: Pick<MysqlPool, 'query'>;
  /** Only events of these shards; all when left out. */
  readonly shards?: readonly number[] | undefined;
  readonly afterPosition: bigint;
  /** The last position to read: the head at most, for what is above it may still come. */
  readonly untilPosition: bigint;
}

/**
 * Reads the next page behind a position, in order of position and within the bounds, in a short transaction of its own, so that a long
 * walk holds no snapshot open. Its `readTo` always goes on, up to `untilPosition`, also where no event is.
 */
export async function readPage(range: JournalRange, { limit, maxBytes }: ReadBounds): Promise<JournalPage> {
  const { pool, shards, afterPosition, untilPosition } = range;
  if (shards?.length === 0 || afterPosition >= untilPosition) return { events: [], readTo: untilPosition };
  const { rows, readTo } = shards
    ? rowsOfSome(shards, { afterPosition, untilPosition }, limit)
    : rowsOfAll({ afterPosition, untilPosition }, limit);
  const { sql, values } = withinBytes(rows, maxBytes);
  const [list] = boundedLists((await pool.query(sql, values)).rows, 1);
  const { events, cut } = list ?? { events: [], cut: false };
  const last = events.at(-1)?.position;
  if (last !== undefined && (cut || (readTo === undefined && events.length === limit)))
    return { events, readTo: last };
  if (last === undefined && !shards) return { events, readTo: await endOfGap(range) };
  return { events, readTo: readTo ?? untilPosition };
}

type Between = Omit<ShardCursor, 'shard'> & { readonly untilPosition: bigint };

/** One statement, so one snapshot: read one by one, a later shard could show an event beyond one that an earlier did not show yet. */
function rowsOfSome(
  shards: readonly number[],
  between: Between,
  limit: number,
): { rows: Statement; readTo: undefined } {
  const { sql, values } = unionOf(shards.map((shard) => indexRange(0, { shard, ...between }, limit)));
  return {
    rows: { sql: `${sql} ORDER BY position LIMIT ?`, values: [...values, limit] },
    readTo: undefined,
  };
}

const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

/** Positions have no gaps but fences: as many positions hold as many events at most, in whichever shards. */
function rowsOfAll(
  { afterPosition, untilPosition }: Between,
  limit: number,
): { rows: Statement; readTo: bigint } {
  const end = afterPosition + BigInt(limit);
  const readTo = end < untilPosition ? end : untilPosition;
  const sql = `SELECT 0 AS list, position, payload_bytes FROM journal FORCE INDEX (journal_shard)
               WHERE shard IN (?) AND position > ? AND position <= ?`;
  return { rows: { sql, values: [ALL_SHARDS, afterPosition, readTo] }, readTo };
}

/** Up to where nothing is behind a position: a fence has given up what there was. */
async function endOfGap({ pool, afterPosition, untilPosition }: JournalRange): Promise<bigint> {
  const sql = 'SELECT MIN(position) AS next FROM journal WHERE position > ? AND position <= ?';
  const [row] = (await pool.query(sql, [afterPosition, untilPosition])).rows;
  const next = row && optional(row, 'next', bigintOf);
  return next === undefined ? untilPosition : next - 1n;
}

function unionOf(statements: readonly Statement[]): { sql: string; values: Value[] } {
  return {
    sql: statements.map(({ sql }) => sql).join(' UNION ALL '),
    values: statements.flatMap(({ values }) => values),
  };
}

const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 4_000_000;

/**
 * Reads the next events after a position, of all shards or of some, in order of position: at most `limit` and none above
 * `untilPosition`. It holds all of them in memory, page by page; whoever reads a journal of any size takes `readPage`.
 */
export async function readJournal({
  limit,
  ...part
}: Omit<JournalRange, 'untilPosition'> & {
  readonly untilPosition?: bigint;
  readonly limit: number;
}): Promise<readonly EventEnvelope[]> {
  const head = await readHead(part.pool);
  const { untilPosition: asked = head } = part;
  const untilPosition = asked < head ? asked : head;
  const events: EventEnvelope[] = [];
  for (let { afterPosition } = part; afterPosition < untilPosition && events.length < limit;) {
    const bounds = { limit: Math.min(PAGE_EVENTS, limit - events.length), maxBytes: PAGE_BYTES };
    const page = await readPage({ ...part, afterPosition, untilPosition }, bounds);
    events.push(...page.events);
    afterPosition = page.readTo;
  }
  return events;
}
