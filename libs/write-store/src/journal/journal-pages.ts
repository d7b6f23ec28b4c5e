import {
  AGGREGATE_TYPES,
  contextOfAggregate,
  type ContextName,
  type EventEnvelope,
} from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { bigintOf, optional, type MysqlPool } from '@meridian/mysql';
import type { Statement } from '../sql/statements.ts';
import { boundedLists, indexRange, type ReadBounds, unionOf, withinBytes } from './journal-reads.ts';
import { readHead } from './journal.ts';

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
  /** Only events of these contexts; all when left out. The others are passed over where they lie, and are not sent. */
  readonly contexts?: readonly ContextName[] | undefined;
  readonly afterPosition: bigint;
  /** The last position to read: the head at most, for what is above it may still come. */
  readonly untilPosition: bigint;
}

/**
 * Reads the next page behind a position, in order of position and within the bounds. Each page has a short transaction
 * of its own, so that a long walk holds no snapshot open. Its `readTo` always goes on, up to `untilPosition`, also
 * where no event is. A page of some contexts passes over some ten thousand events of others at most, and may be empty.
 */
export async function readPage(range: JournalRange, { limit, maxBytes }: ReadBounds): Promise<JournalPage> {
  const { pool, shards, contexts, afterPosition, untilPosition } = range;
  if (shards?.length === 0 || contexts?.length === 0 || afterPosition >= untilPosition)
    return { events: [], readTo: untilPosition };
  const { rows, readTo, isWhole } = rowsOf(range, limit);
  const { sql, values } = withinBytes(rows, maxBytes);
  const [list] = boundedLists((await pool.query(sql, values)).rows, 1);
  const { events, cut } = list ?? { events: [], cut: false };
  const last = events.at(-1)?.position;
  if (last !== undefined && (cut || (!isWhole && events.length === limit))) return { events, readTo: last };
  if (last !== undefined || readTo === untilPosition) return { events, readTo };
  const gapEnd = await endOfGap(range);
  return { events, readTo: gapEnd > readTo ? gapEnd : readTo };
}

/** Rows of the journal's index, up to a position. */
interface IndexedRows {
  readonly rows: Statement;
  readonly readTo: bigint;
  /** Whether these are all rows of the part up to `readTo`, however many; otherwise the limit may have ended them. */
  readonly isWhole: boolean;
}

function rowsOf({ shards, contexts, ...between }: JournalRange, limit: number): IndexedRows {
  if (contexts) return rowsOfSome(shards ?? ALL_SHARDS, stretchOf(between, shards), limit, contexts);
  return shards ? rowsOfSome(shards, between, limit) : rowsOfAll(between, limit);
}

type Between = Pick<JournalRange, 'afterPosition' | 'untilPosition'>;

/** Looking up the kind of an event takes a microsecond or two: a page takes far less than a query may. */
const LOOKED_UP = 10_000;

/** A part in which about so many events are looked at: a shard has its share of the positions. */
function stretchOf(
  { afterPosition, untilPosition }: Between,
  shards: readonly number[] = ALL_SHARDS,
): Between {
  const end = afterPosition + BigInt(Math.ceil((LOOKED_UP * SHARD_COUNT) / shards.length));
  return { afterPosition, untilPosition: end < untilPosition ? end : untilPosition };
}

/** One statement, so one snapshot: read one by one, a later shard could show an event beyond one that an earlier did not show yet. */
function rowsOfSome(
  shards: readonly number[],
  { afterPosition, untilPosition }: Between,
  limit: number,
  contexts?: readonly ContextName[],
): IndexedRows {
  const aggregateTypes =
    contexts && AGGREGATE_TYPES.filter((type) => contexts.includes(contextOfAggregate(type)));
  const ranges = shards.map((shard) =>
    indexRange(0, { shard, afterPosition, untilPosition, aggregateTypes }, limit),
  );
  const { sql, values } = unionOf(ranges);
  const rows = { sql: `${sql} ORDER BY position LIMIT ?`, values: [...values, limit] };
  return { rows, readTo: untilPosition, isWhole: false };
}

const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

/** Positions have no gaps but fences: as many positions hold as many events at most, in whichever shards. */
function rowsOfAll({ afterPosition, untilPosition }: Between, limit: number): IndexedRows {
  const end = afterPosition + BigInt(limit);
  const readTo = end < untilPosition ? end : untilPosition;
  const sql = `SELECT 0 AS list, position, payload_bytes FROM journal FORCE INDEX (journal_shard)
               WHERE shard IN (?) AND position > ? AND position <= ?`;
  return { rows: { sql, values: [ALL_SHARDS, afterPosition, readTo] }, readTo, isWhole: true };
}

/** Up to where nothing is behind a position: a fence has given up what there was. */
async function endOfGap({ pool, afterPosition, untilPosition }: JournalRange): Promise<bigint> {
  const sql = 'SELECT MIN(position) AS next FROM journal WHERE position > ? AND position <= ?';
  const [row] = (await pool.query(sql, [afterPosition, untilPosition])).rows;
  const next = row && optional(row, 'next', bigintOf);
  return next === undefined ? untilPosition : next - 1n;
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
