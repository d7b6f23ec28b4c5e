import { createPool, numberOf, type MysqlPool } from '@meridian/mysql';
import { placeOrder as decideOrder } from '@meridian/domain-orders';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from '../command/command.ts';
import { CommandTooLargeError, createUnitOfWork, type CommittedEvents } from '../index.ts';
import { command, createProduct, NOW, recordAll, registerCustomer } from '../testing/commands.ts';
import { startLimitingProxy, type Refusal } from '../testing/limiting-proxy.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

const MIB = 1024 * 1024;
let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
  await createUnitOfWork({ pool: store.pool }).execute([registerCustomer('c'), createProduct('p')]);
});
afterAll(() => store.close());

/**
 * A pool of which the one session takes no request above 4 MiB. A session keeps the limit that it began with, so the server's own is
 * another for a moment only.
 */
async function poolOf4Mib(): Promise<MysqlPool> {
  const pool = store.openPool();
  const { rows } = await store.pool.query('SELECT @@GLOBAL.max_allowed_packet AS bytes');
  await store.pool.query('SET GLOBAL max_allowed_packet = ?', [4 * MIB]);
  try {
    await pool.query('SELECT 1');
  } finally {
    await store.pool.query('SET GLOBAL max_allowed_packet = ?', [numberOf(rows[0]!, 'bytes')]);
  }
  return pool;
}

/** An order whose event and rows take about 2 KiB a line in a request. */
function largeOrder(lines: number): Command {
  const orderId = randomUUID();
  const ref = { type: 'order', id: orderId } as const;
  const locks = [{ type: 'customer', id: 'c' }, { type: 'product', id: 'p' }, ref] as const;
  return command('PlaceOrder', orderId, locks, (copy) =>
    recordAll(
      copy,
      ref,
      decideOrder(copy.read('order', orderId).state, {
        orderId,
        customerId: 'c',
        country: 'France',
        placedAt: NOW,
        placedOn: '2026-03-01',
        lines: Array.from({ length: lines }, () => ({
          productId: 'p',
          productName: '漢'.repeat(200),
          quantity: 1n,
          unitPriceMinor: 1n,
          currencyCode: 'GBP',
        })),
      }),
    ),
  );
}

describe('commands that write much', () => {
  it('are committed in as many transactions as the limit of the server asks for, in their order', async () => {
    const committed: CommittedEvents[] = [];
    const retries: unknown[] = [];
    const unitOfWork = createUnitOfWork({
      pool: await poolOf4Mib(),
      onCommitted: (events) => committed.push(events),
      onRetry: (cause) => retries.push(cause),
    });
    const commands = [...Array.from({ length: 6 }, () => largeOrder(500)), createProduct('innocent')];
    const outcomes = await unitOfWork.execute(commands);
    expect(outcomes.map(({ kind }) => kind)).toEqual(commands.map(() => 'accepted'));
    expect(retries).toEqual([]);
    expect(committed.length).toBeGreaterThan(2);
    const recorded = committed.flatMap(({ events }) => events.map(({ aggregateId }) => aggregateId));
    expect(recorded).toEqual(
      outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.aggregateId : outcome.kind)),
    );
    // What did not fit at first left no claim behind.
    expect(await unitOfWork.execute(commands)).toEqual(
      outcomes.map((outcome) => ({ ...outcome, replayed: true })),
    );
  });

  it('are bounded together by less than the server takes', async () => {
    const committed: CommittedEvents[] = [];
    const unitOfWork = createUnitOfWork({
      pool: store.pool,
      maxGroupBytes: MIB,
      onCommitted: (events) => committed.push(events),
    });
    const outcomes = await unitOfWork.execute(Array.from({ length: 5 }, () => largeOrder(150)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(outcomes.map(() => 'accepted'));
    expect(committed.map(({ events }) => events.length)).toEqual([2, 2, 1]);
  });

  it.each<Refusal>(['by an error', 'by closing'])(
    'are split when something on the way refuses them %s, and the database does not count as away',
    async (refusal) => {
      const proxy = await startLimitingProxy(store.url, { maxBytes: 4 * MIB, refusal });
      const pool = createPool({ url: proxy.url, database: store.database });
      const commands = [createProduct(randomUUID()), ...Array.from({ length: 6 }, () => largeOrder(800))];
      const outcomes = await createUnitOfWork({ pool, maxGroupBytes: 64 * MIB }).execute(commands);
      expect(outcomes.map(({ kind }) => kind)).toEqual(commands.map(() => 'accepted'));
      expect(proxy.refused()).toBeGreaterThan(0);
      await pool.close();
      await proxy.close();
    },
  );

  it('are refused by a name when one alone is too large, and no neighbour with it', async () => {
    const commands = [createProduct('before'), largeOrder(3_000), createProduct('after')];
    const outcomes = await createUnitOfWork({ pool: await poolOf4Mib() }).execute(commands);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'failed', 'accepted']);
    expect(outcomes[1]).toMatchObject({ error: expect.any(CommandTooLargeError) });
  });
});
