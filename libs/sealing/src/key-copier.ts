import { dateOf, type MysqlPool } from '@meridian/mysql';
import type { KeyCopies } from './key-copies.ts';
import { checkedSchema } from './key-store.ts';

/** Carries keys and destructions from the key store to the regions' copies. */
export interface KeyCopier {
  /** There may be something to copy: look now. */
  wake(): void;
  /** Ends after the pass in hand. */
  stop(): Promise<void>;
}

/** How to copy. */
export interface KeyCopierOptions {
  readonly pool: MysqlPool;
  readonly schema: string;
  readonly copies: KeyCopies;
  /** How often to look without being woken. */
  readonly pollMs?: number;
  /** How many keys a pass takes. */
  readonly batchSize?: number;
  onError(error: unknown): void;
}

/** Starts to copy. What fails is tried again at the next look; commands never wait for it. */
export function startKeyCopier(options: KeyCopierOptions): KeyCopier {
  const { pollMs = 500, batchSize = 200, onError } = options;
  let stopped = false;
  let woken = Promise.withResolvers<void>();

  async function run(): Promise<void> {
    while (!stopped) {
      const copied = await pass(options, batchSize).catch((error: unknown) => {
        onError(error);
        return 0;
      });
      if (copied < batchSize) await sleepUnlessWoken();
    }
  }

  async function sleepUnlessWoken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, pollMs);
    await Promise.race([promise, woken.promise]);
    clearTimeout(timer);
    woken = Promise.withResolvers<void>();
  }

  const running = run();
  return {
    wake: () => woken.resolve(),
    async stop() {
      stopped = true;
      woken.resolve();
      await running;
    },
  };
}

/** Copies what has changed since it was copied; resolves with how many keys that were. */
async function pass({ pool, schema, copies }: KeyCopierOptions, batchSize: number): Promise<number> {
  const table = `${checkedSchema(schema)}.customer_key`;
  const { rows } = await pool.query(
    `SELECT customer_id, wrapped_key, created_at FROM ${table} WHERE to_copy = TRUE LIMIT ${Math.trunc(batchSize)}`,
  );
  if (rows.length === 0) return 0;
  const found = rows.map((row) => {
    const wrapped = row['wrapped_key'];
    return {
      customerId: String(row['customer_id']),
      wrappedKey: Buffer.isBuffer(wrapped) ? wrapped : undefined,
      madeAt: dateOf(row, 'created_at'),
    };
  });
  await copies.write(found);
  for (const [state, group] of [
    [1, found.filter(({ wrappedKey }) => wrappedKey)],
    [2, found.filter(({ wrappedKey }) => !wrappedKey)],
  ] as const) {
    const ids = group.map(({ customerId }) => customerId);
    if (ids.length > 0) {
      await pool.query(`UPDATE ${table} SET copied = GREATEST(copied, ?) WHERE customer_id IN (?)`, [
        state,
        ids,
      ]);
    }
  }
  return rows.length;
}
