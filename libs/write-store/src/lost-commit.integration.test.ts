import { createPool, type MysqlPool } from '@meridian/mysql';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUnitOfWork, readHead, StoreUnavailableError } from './index.ts';
import { createProduct } from './testing/commands.ts';
import { startCuttingProxy, type Cut, type CuttingProxy } from './testing/cutting-proxy.ts';
import { openTestStore, type TestStore } from './testing/test-store.ts';

let store: TestStore;
let proxy: CuttingProxy;
let pool: MysqlPool;

beforeAll(async () => {
  store = await openTestStore();
  proxy = await startCuttingProxy(store.url);
  pool = createPool({ url: proxy.url, database: store.database });
});
afterAll(async () => {
  await pool.close();
  await proxy.close();
  await store.close();
});

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

  it('says so when the store does not come back', async () => {
    const gone = createPool({ url: 'mysql://root@127.0.0.1:1/', database: store.database });
    const unitOfWork = createUnitOfWork({ pool: gone, retryDelayMs: 1 });
    await expect(unitOfWork.execute([createProduct('p')])).rejects.toThrow(StoreUnavailableError);
    await gone.close();
  });
});
