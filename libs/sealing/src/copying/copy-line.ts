import { dateOf, textOf, type MysqlConnection, type MysqlPool, type Value } from '@meridian/mysql';
import { checkedSchema } from '../key-changes.ts';
import type { KeyCopy } from '../key-copies.ts';

/** A key that a region lacks; `copy` is undefined when the store has no such key any more. */
export interface KeyInLine {
  readonly customerId: string;
  readonly changedAt: Date;
  readonly copy: KeyCopy | undefined;
}

/** The line of keys that each region lacks, shared by all replicas. */
export interface CopyLine {
  /**
   * Takes at most `limit` keys of a region, for ten seconds: nobody else gets them meanwhile. Half are those that have been due for the
   * shortest time, half those for the longest: new keys do not wait behind a backlog, and old ones do not starve.
   */
  claim(region: string, limit: number): Promise<readonly KeyInLine[]>;
  /**
   * Takes keys out of the line that the region has acknowledged, unless they have changed since, and lets those that failed wait, longer
   * with each failure and 30 seconds at most.
   */
  settle(region: string, acknowledged: readonly KeyInLine[], failed: readonly KeyInLine[]): Promise<void>;
}

const CLAIM_S = 10;
const LONGEST_WAIT_S = 30;

/** The line in the keys' schema. */
export function createCopyLine(pool: MysqlPool, schema: string): CopyLine {
  const line = `${checkedSchema(schema)}.key_to_copy`;
  return {
    async claim(region, limit) {
      const taken = await pool.withConnection((connection) => take(connection, line, region, limit));
      if (taken.size === 0) return [];
      // Read after the claim, so never older than what stood in the line.
      const { rows } = await pool.query(
        `SELECT customer_id, wrapped_key, COALESCE(destroyed_at, created_at) AS changed_at
         FROM ${schema}.customer_key WHERE customer_id IN (?)`,
        [[...taken.keys()]],
      );
      const keys = new Map(rows.map((row) => [textOf(row, 'customer_id'), row]));
      return [...taken].map(([customerId, changedAt]): KeyInLine => {
        const row = keys.get(customerId);
        if (!row) return { customerId, changedAt, copy: undefined };
        const wrapped = row['wrapped_key'];
        const at = dateOf(row, 'changed_at');
        const wrappedKey = Buffer.isBuffer(wrapped) ? wrapped : undefined;
        return { customerId, changedAt: at, copy: { customerId, wrappedKey, changedAt: at } };
      });
    },
    async settle(region, acknowledged, failed) {
      if (acknowledged.length + failed.length === 0) return;
      await pool.withConnection(async (connection) => {
        const unchanged = await lockUnchanged(connection, line, region, [...acknowledged, ...failed]);
        const idsOf = (keys: readonly KeyInLine[]) =>
          keys.map(({ customerId }) => customerId).filter((customerId) => unchanged.has(customerId));
        await takeOut(connection, line, region, idsOf(acknowledged), idsOf(failed));
      });
    },
  };
}

async function take(connection: MysqlConnection, line: string, region: string, limit: number) {
  const due = (order: 'ASC' | 'DESC') =>
    `SELECT customer_id, changed_at FROM ${line} FORCE INDEX (key_to_copy_due)
     WHERE region = ? AND due_at <= UTC_TIMESTAMP(3) ORDER BY due_at ${order} LIMIT ? FOR UPDATE SKIP LOCKED`;
  const [, newest, oldest] = await connection.queryAll(`START TRANSACTION; ${due('DESC')}; ${due('ASC')}`, [
    region,
    Math.ceil(limit / 2),
    region,
    Math.floor(limit / 2),
  ]);
  const rows = [...(newest?.rows ?? []), ...(oldest?.rows ?? [])];
  const taken = new Map(rows.map((row) => [textOf(row, 'customer_id'), dateOf(row, 'changed_at')]));
  if (taken.size === 0) {
    await connection.query('ROLLBACK');
    return taken;
  }
  await connection.queryAll(
    `UPDATE ${line} SET due_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND WHERE region = ? AND customer_id IN (?); COMMIT`,
    [CLAIM_S, region, [...taken.keys()]],
  );
  return taken;
}

/**
 * Begins a transaction and locks those keys in line that have not changed since they were read. Waits for nobody, so it is part of no
 * deadlock: whoever holds a row is changing its key.
 */
async function lockUnchanged(
  connection: MysqlConnection,
  line: string,
  region: string,
  keys: readonly KeyInLine[],
): Promise<ReadonlySet<string>> {
  const known = new Map(keys.map(({ customerId, changedAt }) => [customerId, changedAt]));
  const [, found] = await connection.queryAll(
    `START TRANSACTION; SELECT customer_id, changed_at FROM ${line} FORCE INDEX (PRIMARY)
     WHERE region = ? AND customer_id IN (?) FOR UPDATE SKIP LOCKED`,
    [region, [...known.keys()]],
  );
  const unchanged = (found?.rows ?? []).filter(
    (row) => dateOf(row, 'changed_at') <= (known.get(textOf(row, 'customer_id')) ?? 0),
  );
  return new Set(unchanged.map((row) => textOf(row, 'customer_id')));
}

/** Ends the transaction: some keys leave the line, others wait in it. */
async function takeOut(
  connection: MysqlConnection,
  line: string,
  region: string,
  gone: readonly string[],
  later: readonly string[],
): Promise<void> {
  const statements: string[] = [];
  const values: Value[] = [];
  if (gone.length > 0) {
    statements.push(`DELETE FROM ${line} WHERE region = ? AND customer_id IN (?)`);
    values.push(region, gone);
  }
  if (later.length > 0) {
    statements.push(`UPDATE ${line} SET tries = LEAST(tries + 1, 5),
        due_at = UTC_TIMESTAMP(3) + INTERVAL LEAST(?, POW(2, tries) - 1) SECOND
      WHERE region = ? AND customer_id IN (?)`);
    values.push(LONGEST_WAIT_S, region, later);
  }
  await connection.queryAll([...statements, 'COMMIT'].join('; '), values);
}
