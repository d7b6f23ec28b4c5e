import { shardOf, SHARD_COUNT } from '@meridian/kernel';
import { bigintOf, isLockWaitTimeout } from '@meridian/mysql';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCommandQueue, createUnitOfWork, readHead, readJournal, type CommandQueue } from '../index.ts';
import { createProduct, payOrder, placeOrder, receiveStock, registerCustomer } from '../testing/commands.ts';
import { cancelOrderOf, returnAllOf, shipOrderOf } from '../testing/order-life.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

let store: TestStore;
const retries: unknown[] = [];

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

function replica(): CommandQueue {
  const onRetry = (cause: unknown) => {
    // On a slow machine others may hold a row for long. That is no deadlock.
    if (!isLockWaitTimeout(cause)) retries.push(cause);
  };
  const unitOfWork = createUnitOfWork({ pool: store.openPool(), onRetry });
  return createCommandQueue({ unitOfWork, maxCommands: 8, maxQueued: 10_000, maxHeldMs: 60_000 });
}

const PRODUCTS = Array.from({ length: 10 }, (_, index) => `hot-${index}`);

describe('several replicas on one MySQL', () => {
  it('never oversell hot products, do not storm with deadlocks, and draw positions in commit order', async () => {
    const replicas = [replica(), replica(), replica()];
    // A customer each: nothing but the products may bring the commands into conflict.
    await Promise.all(Array.from({ length: 600 }, (_, n) => replicas[0]!.submit(registerCustomer(`c-${n}`))));
    for (const product of PRODUCTS) {
      await replicas[0]!.submit(createProduct(product));
      await replicas[0]!.submit(receiveStock(product, 100n));
    }
    const seen: bigint[] = [];
    let writing = true;
    const reader = (async () => {
      let after = await readHead(store.pool);
      for (let done = false; !done;) {
        done = !writing;
        const events = await readJournal({ pool: store.pool, afterPosition: after, limit: 100 });
        for (const { position } of events) seen.push(position);
        after = seen.at(-1) ?? after;
        if (events.length > 0) done = false;
      }
    })();
    // Lines in an order of their own for each command: only ordered locks keep such commands from deadlocks.
    const results = await Promise.all(
      Array.from({ length: 600 }, (_, n) => {
        const lines = [0, 3, 7].map(
          (step) => [PRODUCTS[(n * 7 + step * (n % 2 ? 1 : 9)) % 10]!, 1n] as const,
        );
        return replicas[n % 3]!.submit(placeOrder(`o-${n}`, `c-${n}`, lines));
      }),
    );
    writing = false;
    await reader;
    const accepted = results.filter(({ kind }) => kind === 'accepted').length;
    const { rows } = await store.pool.query('SELECT SUM(reserved) AS reserved FROM stock');
    expect(bigintOf(rows[0]!, 'reserved')).toBe(BigInt(accepted * 3));
    expect(accepted).toBeGreaterThan(300);
    expect(accepted).toBeLessThan(600);
    expect(results.every(({ kind }) => kind === 'accepted' || kind === 'refused')).toBe(true);
    expect(retries).toEqual([]);
    expect(seen).toEqual(seen.map((_, index) => seen[0]! + BigInt(index)));
    expect(seen.at(-1)).toBe(await readHead(store.pool));
  });

  it('take every order through its life on hot products without one deadlock', async () => {
    retries.length = 0;
    const replicas = [replica(), replica(), replica()];
    const products = Array.from({ length: 6 }, (_, n) => `moved-${n}`);
    const customers = Array.from({ length: 4 }, (_, n) => `mover-${n}`);
    await Promise.all(customers.map((id) => replicas[0]!.submit(registerCustomer(id))));
    for (const id of products) {
      await replicas[0]!.submit(createProduct(id));
      await replicas[0]!.submit(receiveStock(id, 1_000n));
    }
    const kinds: string[] = [];
    // Each step on another replica, and every caller at another step, so that all kinds of commands meet on all of them.
    async function live(n: number): Promise<void> {
      const lines = [0, 1, 2].map((step) => [products[(n * 5 + step * (n % 2 ? 1 : 5)) % 6]!, 1n] as const);
      const order = { orderId: `moved-${n}`, products: lines };
      const steps = [
        placeOrder(order.orderId, customers[n % 4]!, lines),
        payOrder(order.orderId, 300n),
        ...(n % 3 === 0 ? [cancelOrderOf(order)] : [shipOrderOf(order), returnAllOf(order)]),
      ];
      for (const [index, step] of steps.entries())
        kinds.push((await replicas[(n + index) % 3]!.submit(step)).kind);
    }
    const callers = Array.from({ length: 24 }, async (_, caller) => {
      for (let round = 0; round < 8; round++) await live(caller + 24 * round);
    });
    await Promise.all(callers);
    expect(kinds).toEqual(kinds.map(() => 'accepted'));
    expect(retries).toEqual([]);
    const { rows } = await store.pool.query(
      'SELECT SUM(on_hand) AS on_hand, SUM(reserved) AS reserved FROM stock WHERE product_id IN (?)',
      [products],
    );
    expect([bigintOf(rows[0]!, 'on_hand'), bigintOf(rows[0]!, 'reserved')]).toEqual([6_000n, 0n]);
  });

  it('accept a request once that comes to all of them at the same time, and answer all alike', async () => {
    const replicas = [replica(), replica(), replica()];
    for (let round = 0; round < 20; round++) {
      const command = createProduct(`twice-${round}`);
      const sent = replicas.flatMap((one) => [one.submit(command), one.submit(createProduct(randomUUID()))]);
      const answers = (await Promise.all(sent)).filter((_, index) => index % 2 === 0);
      const positions = answers.map((answer) => (answer.kind === 'accepted' ? answer.positions : undefined));
      expect(answers.filter((answer) => answer.kind === 'accepted' && !answer.replayed)).toHaveLength(1);
      expect(positions).toEqual([positions[0], positions[0], positions[0]]);
      expect(positions[0]?.size).toBe(1);
    }
  });

  it('read the journal by shard, in order and without holes', async () => {
    const shards = [1, 4, 7];
    const read = await readJournal({ pool: store.pool, shards, afterPosition: 0n, limit: 100_000 });
    const all = await readJournal({ pool: store.pool, afterPosition: 0n, limit: 100_000 });
    expect(read).toEqual(all.filter(({ shard }) => shards.includes(shard)));
    expect(all.every(({ shard, aggregateId }) => shard === shardOf(aggregateId) && shard < SHARD_COUNT)).toBe(
      true,
    );
    const chunk = await readJournal({ pool: store.pool, shards, afterPosition: 0n, limit: 5 });
    expect(chunk).toEqual(read.slice(0, 5));
  });
});
