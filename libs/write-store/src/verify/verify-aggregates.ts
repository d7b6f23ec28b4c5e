import type { AggregateType } from '@meridian/contracts';
import { textOf, type MysqlConnection, type MysqlPool, type Row } from '@meridian/mysql';
import type { AggregateStates, Versioned } from '../command/aggregates.ts';
import { TABLES } from '../state/state-tables.ts';
import { receiptTable } from '../state/tables/receipts.ts';
import type { Receipts } from '../state/working-copy.ts';
import { differences } from './differences.ts';
import type { Findings } from './findings.ts';
import { foldRow, unfolded, type Folded } from './folded.ts';

/** What walking the aggregates needs. */
export interface AggregateWalk {
  readonly pool: MysqlPool;
  readonly findings: Findings;
  readonly eventsPerRead: number;
  readonly signal: AbortSignal | undefined;
  readonly onEvents: (count: number) => void;
}

/** The rows that stand from one aggregate on to another, which is left out. */
interface Stored<T extends AggregateType> {
  readonly states: ReadonlyMap<string, Versioned<AggregateStates[T]>>;
  readonly receipts: Receipts;
}

/**
 * Folds the events of every aggregate of a kind and compares them with its row, some aggregates at a time. Events and rows are
 * read in one short snapshot, so that it can run beside commands. Answers with how many aggregates there are.
 */
export async function verifyAggregates<T extends AggregateType>(
  type: T,
  walk: AggregateWalk,
): Promise<number> {
  const { pool, findings, eventsPerRead, signal } = walk;
  let count = 0;
  let from = '';
  let open: Folded<T> | undefined;
  for (let isLast = false; !isLast;) {
    signal?.throwIfAborted();
    const after = open ? { id: open.id, version: open.now.version } : { id: '', version: 0n };
    const { rows, stored, before } = await inSnapshot(pool, async (connection) => {
      const rows = await eventsAfter(connection, type, after, eventsPerRead);
      const ends = rows.length < eventsPerRead;
      const before = ends ? undefined : textOf(rows.at(-1) ?? {}, 'aggregate_id');
      return { rows, before, stored: await rowsBetween(connection, type, from, before) };
    });
    isLast = before === undefined;
    const folded = fold(type, open, rows, findings);
    open = isLast ? undefined : folded.pop();
    compare(type, folded, stored, findings);
    count += folded.length;
    // The row of the aggregate that is still open belongs to the next round.
    from = before ?? from;
    walk.onEvents(rows.length);
  }
  return count;
}

/** A snapshot of a few statements: long enough to be consistent, too short to hold up the purge of old versions. */
function inSnapshot<Result>(
  pool: MysqlPool,
  read: (connection: MysqlConnection) => Promise<Result>,
): Promise<Result> {
  return pool.withConnection(async (connection) => {
    await connection.queryAll(
      `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
       START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY`,
    );
    const result = await read(connection);
    await connection.query('COMMIT');
    return result;
  });
}

async function eventsAfter(
  connection: MysqlConnection,
  type: AggregateType,
  { id, version }: { readonly id: string; readonly version: bigint },
  limit: number,
): Promise<readonly Row[]> {
  const { rows } = await connection.query(
    `SELECT position, aggregate_id, aggregate_version, type, payload FROM journal FORCE INDEX (journal_aggregate)
     WHERE aggregate_type = ? AND (aggregate_id > ? OR (aggregate_id = ? AND aggregate_version > ?))
     ORDER BY aggregate_id, aggregate_version LIMIT ?`,
    [type, id, id, version, limit],
  );
  return rows;
}

async function rowsBetween<T extends AggregateType>(
  connection: MysqlConnection,
  type: T,
  from: string,
  before: string | undefined,
): Promise<Stored<T>> {
  const table = TABLES[type];
  const statements = table.between(from, before);
  const results = await connection.runAll([
    ...statements,
    ...(type === 'stock' ? [receiptTable.ofProductsBetween(from, before)] : []),
  ]);
  const receipts = results[statements.length];
  return {
    states: table.read(results.slice(0, statements.length)),
    receipts: receipts ? receiptTable.read(receipts) : new Map<string, string>(),
  };
}

function fold<T extends AggregateType>(
  type: T,
  open: Folded<T> | undefined,
  rows: readonly Row[],
  findings: Findings,
): Folded<T>[] {
  const folded = open ? [open] : [];
  for (const row of rows) {
    const id = textOf(row, 'aggregate_id');
    const last = folded.at(-1);
    if (last?.id === id) folded[folded.length - 1] = foldRow(type, last, row, findings);
    else folded.push(foldRow(type, unfolded(id), row, findings));
  }
  return folded;
}

function compare<T extends AggregateType>(
  type: T,
  folded: readonly Folded<T>[],
  { states, receipts }: Stored<T>,
  findings: Findings,
): void {
  const ids = new Set(folded.map(({ id }) => id));
  for (const id of states.keys())
    if (!ids.has(id)) findings.add('state-unfounded', `${type}/${id}`, 'has a row, and no event');
  const booked = Map.groupBy(receipts, ([, productId]) => productId);
  for (const { id, now, broken, receiptIds } of folded) {
    if (broken) continue;
    const subject = `${type}/${id}`;
    const found = states.get(id);
    if (!found?.state || !now.state) {
      findings.add('state-missing', subject, `has events up to version ${now.version}, and no row`);
      continue;
    }
    const different = differences(
      { version: now.version, ...now.state },
      { version: found.version, ...found.state },
    );
    if (different.length > 0) findings.add('state-different', subject, different.join('; '));
    const inTable = new Set(booked.get(id)?.map(([receiptId]) => receiptId));
    const apart = [...new Set([...receiptIds, ...inTable])].filter(
      (receiptId) => !receiptIds.has(receiptId) || !inTable.has(receiptId),
    );
    if (apart.length > 0)
      findings.add(
        'receipts-different',
        subject,
        `only in the table or only among the events: ${apart.slice(0, 5).join(', ')}`,
      );
  }
}
