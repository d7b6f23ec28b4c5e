import { createPool, numberOf, type MysqlPool } from '@meridian/mysql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUnitOfWork, StoreBusyError } from './index.ts';
import { createProduct, placeOrder, receiveStock, registerCustomer } from './testing/commands.ts';
import { openTestStore, type TestStore } from './testing/test-store.ts';

let store: TestStore;
let pool: MysqlPool;

beforeAll(async () => {
  store = await openTestStore();
  pool = createPool({ url: store.url, database: store.database, lockWaitTimeoutS: 2 });
  const setUp = ['free', 'held'].flatMap((id) => [createProduct(id), receiveStock(id, 100n)]);
  await createUnitOfWork({ pool }).execute([registerCustomer('c'), ...setUp]);
});
afterAll(async () => {
  await pool.close();
  await store.close();
});

/** Holds the stock of the product `held` while `use` runs, as a frozen replica would. */
async function holding(use: () => Promise<void>): Promise<void> {
  await store.pool.withConnection(async (connection) => {
    await connection.queryAll("START TRANSACTION; SELECT 1 FROM stock WHERE product_id = 'held' FOR UPDATE");
    await use();
    await connection.query('ROLLBACK');
  });
}

describe('rows that others hold for long', () => {
  it('fail the commands that need them, by a name, and no neighbour', async () => {
    const products = ['free', 'free', 'free', 'held', 'free', 'free', 'free', 'free'];
    const commands = products.map((product, n) => placeOrder(`near-${n}`, 'c', [[product, 1n]]));
    await holding(async () => {
      const outcomes = await createUnitOfWork({ pool, budgetMs: 12_000 }).execute(commands);
      expect(outcomes.map(({ kind }, n) => (products[n] === 'held' ? 'held' : kind))).toEqual(
        products.map((product) => (product === 'held' ? 'held' : 'accepted')),
      );
      expect(outcomes[3]).toMatchObject({ kind: 'failed', error: expect.any(StoreBusyError) });
    });
    const { rows } = await pool.query('SELECT @@SESSION.innodb_lock_wait_timeout AS seconds');
    expect(rows.map((row) => numberOf(row, 'seconds'))).toEqual([2]);
    expect(await createUnitOfWork({ pool }).execute([commands[3]!])).toMatchObject([{ kind: 'accepted' }]);
  });

  it('keep no group longer than its budget, however many of its commands need them', async () => {
    const commands = Array.from({ length: 64 }, (_, n) => placeOrder(`far-${n}`, 'c', [['held', 1n]]));
    await holding(async () => {
      const startedAtMs = performance.now();
      const outcomes = await createUnitOfWork({ pool, budgetMs: 4_000 }).execute(commands);
      // The last attempt may have begun just before the time was up.
      expect(performance.now() - startedAtMs).toBeLessThan(8_000);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ kind: 'failed', error: expect.any(StoreBusyError) });
    });
  });
});
