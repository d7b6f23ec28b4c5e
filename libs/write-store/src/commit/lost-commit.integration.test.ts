import { createPool, numberOf, type MysqlPool } from '@meridian/mysql';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUnitOfWork, readHead, StoreUnavailableError, type GroupOutcome } from '../index.ts';
import { createProduct } from '../testing/commands.ts';
import { startCuttingProxy, type Cut, type CuttingProxy } from '../testing/cutting-proxy.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

let store: TestStore;
let proxy: CuttingProxy;
let pool: MysqlPool;

beforeAll(async () => {
  store = await openTestStore();
  proxy = await startCuttingProxy(store.url);
  pool = createPool({ url: proxy.url, database: store.database, lockWaitTimeoutS: 2 });
});
afterAll(async () => {
  await pool.close();
  await proxy.close();
  await store.close();
});

/** A pool that lets `act` end before it lends a connection for the second time. */
function beforeAgain(inner: MysqlPool, act: () => Promise<void>): MysqlPool {
  let lent = 0;
  return {
    ...inner,
    async withConnection(use) {
      if (++lent === 2) await act();
      return inner.withConnection(use);
    },
  };
}

/** A pool whose connections begin no transaction before `other` has ended. What they ask before that does not wait. */
function beginningAfter(inner: MysqlPool, other: () => Promise<unknown> | undefined): MysqlPool {
  return {
    ...inner,
    withConnection: (use) =>
      inner.withConnection((connection) =>
        use({
          ...connection,
          async runAll(statements) {
            await other();
            return connection.runAll(statements);
          },
        }),
      ),
  };
}

async function waitsForLock(): Promise<void> {
  const waits = async () => {
    const { rows } = await store.pool.query(
      `SELECT COUNT(*) AS n FROM performance_schema.data_lock_waits w JOIN performance_schema.data_locks l
       ON l.ENGINE_LOCK_ID = w.REQUESTING_ENGINE_LOCK_ID WHERE l.OBJECT_SCHEMA = DATABASE()`,
    );
    return rows.map((row) => numberOf(row, 'n'));
  };
  await expect.poll(waits).toEqual([1]);
}

describe('a connection lost during COMMIT', () => {
  it.each<Cut>(['before-commit', 'after-commit'])('never doubles or loses a command: cut %s', async (cut) => {
    const unitOfWork = createUnitOfWork({ pool });
    const commands = [createProduct(randomUUID()), createProduct(randomUUID())];
    const head = await readHead(store.pool);
    const cuts = proxy.cuts();
    proxy.cutNext(cut);
    const outcomes = await unitOfWork.execute(commands);
    expect(proxy.cuts()).toBe(cuts + 1);
    expect(outcomes).toMatchObject([
      { kind: 'accepted', version: 1n, replayed: false },
      { kind: 'accepted', version: 1n, replayed: false },
    ]);
    expect(await readHead(store.pool)).toBe(head + 2n);
    const [again] = await unitOfWork.execute(commands);
    expect(again).toEqual({ ...outcomes[0], replayed: true });
  });

  it('leaves no locks behind when it went before that: the next attempt does not wait for the first', async () => {
    const retries: unknown[] = [];
    const unitOfWork = createUnitOfWork({ pool, onRetry: (cause) => retries.push(cause) });
    const cuts = proxy.cuts();
    proxy.cutNext('after-lock');
    const outcomes = await unitOfWork.execute([createProduct(randomUUID())]);
    expect(proxy.cuts()).toBe(cuts + 1);
    expect(outcomes).toMatchObject([{ kind: 'accepted', version: 1n, replayed: false }]);
    expect(retries).toHaveLength(1);
  });

  it('makes nobody the first of a command that another replica was the first to have accepted', async () => {
    const command = createProduct(randomUUID());
    const second = createUnitOfWork({ pool: store.pool });
    const answers: Promise<readonly GroupOutcome[]>[] = [];
    const first = createUnitOfWork({
      // Asks the other replica once the outcome is unknown. Ends the lost session when that waits for the claim, and lets it go first.
      pool: beforeAgain(
        beginningAfter(pool, () => answers[0]),
        async () => {
          answers.push(second.execute([command], { lockWaitMs: 30_000 }));
          await waitsForLock();
        },
      ),
    });
    proxy.cutNext('before-commit');
    const [own] = await first.execute([command]);
    const [other] = (await answers[0]) ?? [];
    expect(other).toMatchObject({ kind: 'accepted', replayed: false });
    expect(own).toEqual({ ...other, replayed: true });
  });

  it('never passes for a command that was not accepted, also when its claim is held afterwards', async () => {
    const command = createProduct(randomUUID());
    await store.pool.withConnection(async (holder) => {
      const unitOfWork = createUnitOfWork({
        pool: beforeAgain(pool, async () => {
          const held = 'SELECT 1 FROM command_log WHERE request_id = UUID_TO_BIN(?) FOR UPDATE';
          await holder.queryAll(`START TRANSACTION; ${held}`, [command.requestId]);
        }),
      });
      proxy.cutNext('after-commit');
      const [outcome] = await unitOfWork.execute([command]);
      expect(outcome).toMatchObject({ kind: 'held', error: expect.any(StoreUnavailableError) });
      await holder.query('ROLLBACK');
    });
    const [again] = await createUnitOfWork({ pool }).execute([command]);
    expect(again).toMatchObject({ kind: 'accepted', replayed: true });
  });

  it('says so when the store does not come back', async () => {
    const gone = createPool({ url: 'mysql://root@127.0.0.1:1/', database: store.database });
    const unitOfWork = createUnitOfWork({ pool: gone, retryDelayMs: 1 });
    await expect(unitOfWork.execute([createProduct('p')])).rejects.toThrow(StoreUnavailableError);
    await gone.close();
  });
});
