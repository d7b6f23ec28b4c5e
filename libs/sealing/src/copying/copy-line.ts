import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from '@meridian/async';
import {
  dateOf,
  isRetryable,
  textOf,
  type MysqlConnection,
  type MysqlPool,
  type Value,
} from '@meridian/mysql';
import { noteTable } from '../care/regions.ts';
import { checkedSchema } from '../key-changes.ts';
import type { KeyCopy } from '../key-copies.ts';

/** A key that a region lacks; `copy` is undefined when the store has no such key any more. */
export interface KeyInLine {
  readonly customerId: string;
  readonly changedAt: Date;
  readonly copy: KeyCopy | undefined;
}

/** The queue of keys that each region lacks, shared by all replicas. */
export interface CopyLine {
  /**
   * Claims at most `limit` keys of a region for ten seconds. No other replica gets these keys during that
   * time. Half of the keys have been due for the shortest time, half for the longest. So new keys do not wait
   * behind a backlog, and old keys do not starve.
   */
  claim(region: string, limit: number): Promise<readonly KeyInLine[]>;
  /**
   * Removes keys that the region has acknowledged from the queue, unless they have changed since. Of a key that is
   * destroyed, the same transaction records that the region has destroyed it. A failed key waits before its next
   * attempt, longer with each failure, at most 30 seconds.
   */
  settle(region: string, acknowledged: readonly KeyInLine[], failed: readonly KeyInLine[]): Promise<void>;
  /** Records whether the region took anything at the last attempt, for whoever asks why an erasure is pending. */
  note(region: string, takesKeys: boolean): Promise<void>;
  /** Records which table holds the region's copies. When the table is a new one, all keys are queued again for the region. */
  noteTable(region: string, tableId: string): Promise<void>;
}

const CLAIM_S = 10;
const LONGEST_WAIT_S = 30;
/**
 * MySQL may prefer the index of due keys. With that index, a statement would lock rows of other replicas, and
 * wait for these rows.
 */
const BY_KEY = '/*+ INDEX(k PRIMARY) */';
/**
 * Attempts to settle a claimed key that is locked for a moment. Whoever changes the key locks it. So does
 * each replica that looks for due keys, because the index still leads to the key's place before the claim. A
 * key that stays locked for longer than about a second is copied again when its claim is over.
 */
const SETTLE_ATTEMPTS = 9;
const SETTLE_PAUSE = { firstMs: 4, longestMs: 500 };

/** The queue in the keys' schema. */
export function createCopyLine(pool: MysqlPool, schema: string): CopyLine {
  const line = `${checkedSchema(schema)}.key_to_copy`;
  return {
    async claim(region, limit) {
      const taken = await pool.withConnection((connection) => take(connection, line, region, limit));
      if (taken.size === 0) return [];
      // Read after the claim, so never older than the queued change.
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
      const left = new Map([...acknowledged, ...failed].map((key) => [key.customerId, key]));
      for (let attempt = 1; left.size > 0 && attempt <= SETTLE_ATTEMPTS; attempt++) {
        if (attempt > 1) await pause(backoffMs(attempt - 1, SETTLE_PAUSE));
        await pool.withConnection(async (connection) => {
          const seen = await lockFree(connection, line, region, [...left.values()]);
          const unchanged = (keys: readonly KeyInLine[]) =>
            keys.filter(({ customerId, changedAt }) => (seen.get(customerId) ?? Infinity) <= changedAt);
          const settled = { gone: unchanged(acknowledged), later: unchanged(failed) };
          if (await takeOut(connection, schema, region, settled))
            for (const customerId of seen.keys()) left.delete(customerId);
        });
      }
    },
    async note(region, takesKeys) {
      const sql = `UPDATE ${schema}.key_region SET failed_at = ${takesKeys ? 'NULL' : 'UTC_TIMESTAMP(3)'} WHERE region = ?`;
      await pool.query(sql, [region]);
    },
    noteTable: (region, tableId) => noteTable(pool, schema, region, tableId),
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
    `UPDATE ${BY_KEY} ${line} k SET due_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND
     WHERE region = ? AND customer_id IN (?); COMMIT`,
    [CLAIM_S, region, [...taken.keys()]],
  );
  return taken;
}

/**
 * Begins a transaction and locks the queued keys that nobody else has locked. Answers when each of these keys
 * was changed. Waits for no lock.
 */
async function lockFree(
  connection: MysqlConnection,
  line: string,
  region: string,
  keys: readonly KeyInLine[],
): Promise<ReadonlyMap<string, Date>> {
  const [, found] = await connection.queryAll(
    `START TRANSACTION; SELECT customer_id, changed_at FROM ${line} FORCE INDEX (PRIMARY)
     WHERE region = ? AND customer_id IN (?) FOR UPDATE SKIP LOCKED`,
    [region, keys.map(({ customerId }) => customerId)],
  );
  const rows = found?.rows ?? [];
  return new Map(rows.map((row) => [textOf(row, 'customer_id'), dateOf(row, 'changed_at')]));
}

/** What becomes of keys that were claimed. */
interface Settled {
  /** The region has these: they leave the queue. */
  readonly gone: readonly KeyInLine[];
  /** These stay in the queue. */
  readonly later: readonly KeyInLine[];
}

/**
 * Ends the transaction: some keys leave the queue, others stay. Answers false when the database rolled the
 * transaction back in favour of another.
 */
async function takeOut(
  connection: MysqlConnection,
  schema: string,
  region: string,
  { gone, later }: Settled,
): Promise<boolean> {
  const statements: string[] = [];
  const values: Value[] = [];
  const line = `${schema}.key_to_copy`;
  const idsOf = (keys: readonly KeyInLine[]) => keys.map(({ customerId }) => customerId);
  if (gone.length > 0) {
    statements.push(`DELETE ${BY_KEY} FROM ${line} k WHERE region = ? AND customer_id IN (?)`);
    values.push(region, idsOf(gone));
  }
  // In the order of ids, so that two replicas never wait for each other.
  const erased = gone.filter(({ copy }) => copy && !copy.wrappedKey);
  for (const { customerId, changedAt } of erased.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1))) {
    statements.push(`INSERT INTO ${schema}.key_erased (customer_id, region, erased_at, done_at)
      VALUES (?, ?, ?, UTC_TIMESTAMP(3)) AS new
      ON DUPLICATE KEY UPDATE erased_at = new.erased_at, done_at = new.done_at`);
    values.push(customerId, region, changedAt);
  }
  if (later.length > 0) {
    statements.push(`UPDATE ${BY_KEY} ${line} k SET tries = LEAST(tries + 1, 5),
        due_at = UTC_TIMESTAMP(3) + INTERVAL LEAST(?, POW(2, tries) - 1) SECOND
      WHERE region = ? AND customer_id IN (?)`);
    values.push(LONGEST_WAIT_S, region, idsOf(later));
  }
  try {
    await connection.queryAll([...statements, 'COMMIT'].join('; '), values);
    return true;
  } catch (error) {
    if (!isRetryable(error)) throw error;
    await connection.query('ROLLBACK');
    return false;
  }
}
