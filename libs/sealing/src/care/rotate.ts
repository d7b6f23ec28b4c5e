import { setTimeout as pause } from 'node:timers/promises';
import { isRetryable, numberOf, textOf, type MysqlPool } from '@meridian/mysql';
import { checkedSchema, inTransaction, putInLine, rewrapKey, type KeyStatement } from '../key-changes.ts';
import type { MasterKey } from '../master-key.ts';

/** What to wrap again, and whom to tell. */
export interface RotateOptions {
  readonly pool: MysqlPool;
  readonly schema: string;
  /** Its first key wraps; it has to open every key that there is. */
  readonly masterKey: MasterKey;
  /** How many keys one transaction wraps. */
  readonly pageSize?: number;
  /** How often to look whether regions have taken what they lack. */
  readonly pollMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told after each page how many keys were looked at and wrapped again, over all passes. */
  onPage?(seen: number, rewrapped: number): void;
  /** Told while regions lack keys. */
  onWaiting?(lacking: number): void;
}

const PAGE = 100;
const POLL_MS = 500;
/** While the regions lack more keys than this, no more are wrapped. */
const MOST_IN_LINE = 5_000;
const ATTEMPTS = 5;

interface Page {
  readonly last: string;
  readonly keys: readonly { readonly customerId: string; readonly wrapped: Buffer }[];
}

/**
 * Wraps every customer's key by the first master key, page by page, beside services that run. Nobody waits. At any
 * time, the services can open every key. Goes on where an earlier run towards the same master key ended. Resolves with
 * the number of keys that this run wrapped, once a whole pass found nothing to wrap and every region has what was
 * wrapped. Safe to repeat, and beside another. Rejects with UnsealError for a key that no master key opens, and with
 * the reason of `signal`.
 */
export async function rotateKeys(options: RotateOptions): Promise<number> {
  const { pool, masterKey } = options;
  const schema = checkedSchema(options.schema);
  let [seen, rewrapped] = [0, 0];
  let after = await begin(pool, schema, masterKey.id);
  // What another replica wrapped behind this run's back is found by another pass.
  for (let inPass = after === '' ? 0 : 1, done = false; !done;) {
    options.signal?.throwIfAborted();
    await untilFewer(options, MOST_IN_LINE);
    const page = await nextPage(pool, schema, after, options.pageSize ?? PAGE);
    const changed = await rewrapPage(pool, schema, masterKey, page);
    seen += page.keys.length;
    rewrapped += changed;
    inPass += changed;
    after = page.last;
    await pool.query(`UPDATE ${schema}.key_duty SET walked_to = ? WHERE duty = 'rotate' AND owner = ?`, [
      after,
      masterKey.id,
    ]);
    options.onPage?.(seen, rewrapped);
    if (after !== '') continue;
    done = inPass === 0;
    inPass = 0;
  }
  await untilFewer(options, 0);
  return rewrapped;
}

/** Where to go on: behind the last customer of an earlier run towards the same master key. */
async function begin(pool: MysqlPool, schema: string, id: string): Promise<string> {
  const duty = `${schema}.key_duty`;
  await pool.query(`INSERT IGNORE INTO ${duty} (duty) VALUES ('rotate')`);
  await pool.query(`UPDATE ${duty} SET owner = ?, walked_to = '' WHERE duty = 'rotate' AND owner <> ?`, [
    id,
    id,
  ]);
  const { rows } = await pool.query(`SELECT walked_to FROM ${duty} WHERE duty = 'rotate'`);
  const [row] = rows;
  return row ? textOf(row, 'walked_to') : '';
}

async function nextPage(pool: MysqlPool, schema: string, after: string, size: number): Promise<Page> {
  const { rows } = await pool.query(
    `SELECT customer_id, wrapped_key FROM ${schema}.customer_key FORCE INDEX (PRIMARY)
     WHERE customer_id > ? ORDER BY customer_id LIMIT ?`,
    [after, size],
  );
  const last = rows.at(-1);
  const keys = rows.flatMap((row) => {
    const wrapped = row['wrapped_key'];
    return Buffer.isBuffer(wrapped) ? [{ customerId: textOf(row, 'customer_id'), wrapped }] : [];
  });
  return { last: last && rows.length === size ? textOf(last, 'customer_id') : '', keys };
}

/** A key that was made anew or destroyed since it was read stays as it is. */
async function rewrapPage(
  pool: MysqlPool,
  schema: string,
  masterKey: MasterKey,
  { keys }: Page,
): Promise<number> {
  const changes = keys.flatMap(({ customerId, wrapped }) => {
    const again = masterKey.rewrapped(customerId, wrapped);
    return again ? [{ customerId, change: rewrapKey(schema, customerId, wrapped, again) }] : [];
  });
  if (changes.length === 0) return 0;
  const ids = changes.map(({ customerId }) => customerId);
  await tried(pool, [...changes.map(({ change }) => change), putInLine(schema, ids)]);
  return changes.length;
}

async function tried(pool: MysqlPool, statements: readonly KeyStatement[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(pool, statements);
    } catch (error) {
      if (attempt >= ATTEMPTS || !isRetryable(error)) throw error;
      await pause(attempt * 50);
    }
  }
}

/** Waits until the regions lack no more than `most` keys: a region that is away holds the rotation up, for it needs the old key. */
async function untilFewer(
  { pool, schema, pollMs = POLL_MS, signal, onWaiting }: RotateOptions,
  most: number,
): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    const { rows } = await pool.query(
      `SELECT COUNT(*) AS n FROM (SELECT 1 FROM ${checkedSchema(schema)}.key_to_copy LIMIT ?) AS waiting`,
      [most + 1],
    );
    const [row] = rows;
    const lacking = row ? numberOf(row, 'n') : 0;
    if (lacking <= most) return;
    onWaiting?.(lacking);
    await pause(pollMs, undefined, signal ? { signal } : {});
  }
}
