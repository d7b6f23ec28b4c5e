import { createPool, numberOf, type MysqlPool } from '@meridian/mysql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUnitOfWork, StoreBusyError } from '../index.ts';
import { createProduct, placeOrder, receiveStock, registerCustomer } from '../testing/commands.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

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

/** Holds rows while `use` runs, as a frozen replica would. */
async function holding(sql: string, use: () => Promise<void>): Promise<void> {
  await store.pool.withConnection(async (connection) => {
    await connection.queryAll(`START TRANSACTION; ${sql}`);
    await use();
    await connection.query('ROLLBACK');
  });
}

describe('rows that others hold for long', () => {
  it('set aside the commands that need them, and no neighbour', async () => {
    const products = ['free', 'free', 'free', 'held', 'free', 'free', 'free', 'free'];
    const commands = products.map((product, n) => placeOrder(`near-${n}`, 'c', [[product, 1n]]));
    await holding("SELECT 1 FROM stock WHERE product_id = 'held' FOR UPDATE", async () => {
      const outcomes = await createUnitOfWork({ pool }).execute(commands);
      expect(outcomes.map(({ kind }) => kind)).toEqual(
        products.map((product) => (product === 'held' ? 'held' : 'accepted')),
      );
      expect(outcomes[3]).toMatchObject({ rows: ['stock/held'], error: expect.any(StoreBusyError) });
    });
    expect(await createUnitOfWork({ pool }).execute([commands[3]!])).toMatchObject([{ kind: 'accepted' }]);
  });

  it('fail a group whose commands all need them once its budget is spent; the session stays as it was', async () => {
    const commands = Array.from({ length: 64 }, (_, n) => placeOrder(`far-${n}`, 'c', [['free', 1n]]));
    await holding('SELECT 1 FROM journal_head FOR UPDATE', async () => {
      const outcomes = await createUnitOfWork({ pool, budgetMs: 1_000 }).execute(commands);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ kind: 'failed', error: expect.any(StoreBusyError) });
    });
    const { rows } = await pool.query('SELECT @@SESSION.innodb_lock_wait_timeout AS seconds');
    expect(rows.map((row) => numberOf(row, 'seconds'))).toEqual([2]);
  });
});
