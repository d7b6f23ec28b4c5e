import {
  bytesOf,
  isLockWaitTimeout,
  isRowLocked,
  textOf,
  uuidFromBytes,
  uuidToBytes,
  type MysqlConnection,
} from '@meridian/mysql';
import type { RowKey, RowKind } from '../command/row-key.ts';
import { withinMs, type Statement } from '../sql/statements.ts';

const TABLES = {
  request: { table: 'command_log', key: 'request_id' },
  customer: { table: 'customer', key: 'customer_id' },
  product: { table: 'product', key: 'product_id' },
  stock: { table: 'stock', key: 'product_id' },
  order: { table: 'orders', key: 'order_id' },
  receipt: { table: 'stock_receipt', key: 'receipt_id' },
} as const satisfies Readonly<Record<RowKind, unknown>>;
const KINDS = Object.keys(TABLES) as readonly RowKind[];

const START: Statement = { sql: 'START TRANSACTION', values: [] };
const ROLLBACK: Statement = { sql: 'ROLLBACK', values: [] };

interface Part {
  readonly kind: RowKind;
  readonly ids: readonly string[];
}

function partsOf(rows: Iterable<RowKey>): readonly Part[] {
  const ids = new Map<string, string[]>();
  for (const row of rows) {
    const slash = row.indexOf('/');
    const kind = row.slice(0, slash);
    const known = ids.get(kind);
    if (known) known.push(row.slice(slash + 1));
    else ids.set(kind, [row.slice(slash + 1)]);
  }
  return KINDS.flatMap((kind) => {
    const found = ids.get(kind);
    return found ? [{ kind, ids: found }] : [];
  });
}

function select({ kind, ids }: Part, suffix: string): Statement {
  const { table, key } = TABLES[kind];
  return {
    sql: `SELECT ${key} FROM ${table} FORCE INDEX (PRIMARY) WHERE ${key} IN (?) ${suffix}`,
    values: [kind === 'request' ? ids.map(uuidToBytes) : ids],
  };
}

/**
 * Which of these rows another transaction holds at this moment. Waits for nobody and holds nothing when it is done. The
 * connection must have no transaction open. One request finds all held rows but those that their holder has deleted. A
 * second request makes sure that no other row is held. At most 128 more requests find the deleted rows.
 */
export async function findHeldRows(
  connection: MysqlConnection,
  rows: Iterable<RowKey>,
): Promise<ReadonlySet<RowKey>> {
  const asked = [...rows];
  const held = await findSkippedRows(connection, asked);
  const rest = asked.filter((row) => !held.has(row));
  const deleted = await findUnlockable(connection, rest, { requests: 128 });
  return new Set([...held, ...deleted]);
}

/**
 * Asks each table twice: for the rows that exist, uncommitted ones included, and for those of them that can be locked. A row
 * that exists and cannot be locked is held.
 */
async function findSkippedRows(
  connection: MysqlConnection,
  rows: readonly RowKey[],
): Promise<ReadonlySet<RowKey>> {
  const parts = partsOf(rows);
  const results = await connection.runAll([
    // Holds for the next transaction only.
    { sql: 'SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED', values: [] },
    START,
    ...parts.flatMap((part) => [select(part, ''), select(part, 'FOR UPDATE SKIP LOCKED')]),
    ROLLBACK,
  ]);
  const held = new Set<RowKey>();
  parts.forEach(({ kind }, index) => {
    const { key } = TABLES[kind];
    const keysIn = (result: number): RowKey[] =>
      (results[result]?.rows ?? []).map(
        (row): RowKey =>
          `${kind}/${kind === 'request' ? uuidFromBytes(bytesOf(row, key)) : textOf(row, key)}`,
      );
    const free = new Set(keysIn(2 * index + 3));
    for (const row of keysIn(2 * index + 2)) if (!free.has(row)) held.add(row);
  });
  return held;
}

/** Finds rows that cannot be locked by halving those that cannot be locked together. */
async function findUnlockable(
  connection: MysqlConnection,
  rows: readonly RowKey[],
  left: { requests: number },
): Promise<readonly RowKey[]> {
  if (rows.length === 0 || left.requests-- <= 0 || (await canLock(connection, rows))) return [];
  if (rows.length === 1) return rows;
  const half = Math.ceil(rows.length / 2);
  const before = await findUnlockable(connection, rows.slice(0, half), left);
  return [...before, ...(await findUnlockable(connection, rows.slice(half), left))];
}

async function canLock(connection: MysqlConnection, rows: readonly RowKey[]): Promise<boolean> {
  const locks = partsOf(rows).map((part) => select(part, 'FOR UPDATE NOWAIT'));
  try {
    await connection.runAll([START, ...locks, ROLLBACK]);
    return true;
  } catch (error) {
    if (!isRowLocked(error)) throw error;
    await connection.query('ROLLBACK');
    return false;
  }
}

/**
 * Waits in the lock's own queue until a row is free, and no longer than `waitMs`; answers whether it was. The lock is
 * given back at once. Whoever needs the row asks for it again, together with all other rows that are needed, in the
 * order of locks.
 */
export async function waitForRow(connection: MysqlConnection, row: RowKey, waitMs: number): Promise<boolean> {
  const statements = partsOf([row]).map((part) => withinMs(select(part, 'FOR UPDATE'), waitMs));
  try {
    // In one request: were the connection lost between two, its session would keep the lock for as long as it may be idle.
    await connection.runAll([START, ...statements, ROLLBACK]);
    return true;
  } catch (error) {
    if (!isLockWaitTimeout(error)) throw error;
    await connection.query('ROLLBACK');
    return false;
  }
}
