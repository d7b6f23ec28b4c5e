import { partitionKey, toToken } from '@meridian/contracts';
import { callFailure } from '@meridian/rpc';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openJournal, orderPaid, orderPlaced } from './testing/events.ts';
import { startStoreProxy, type StoreProxy } from './testing/store-proxy.ts';
import { startTestService, type TestService } from './testing/test-service.ts';
import { fromEnvironment, openTestStore, type TestStore } from './testing/test-store.ts';

const journal = openJournal();
const TIMEOUT_MS = 1_000;

describe('when the region’s own store is away', () => {
  let store: TestStore;
  let proxy: StoreProxy;
  let service: TestService;
  let alone: TestService;

  beforeAll(async () => {
    store = await openTestStore();
    proxy = await startStoreProxy(fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST'));
    const environment = {
      MERIDIAN_CASSANDRA: proxy.address,
      MERIDIAN_CASSANDRA_TIMEOUT_MS: String(TIMEOUT_MS),
    };
    alone = await startTestService(store, 'eu-west', environment);
    service = await startTestService(store, 'eu-west', {
      ...environment,
      MERIDIAN_CASSANDRA_FALLBACKS: `us-east=${fromEnvironment('MERIDIAN_CASSANDRA_US_EAST')}`,
    });
    await store.apply(orderPlaced(journal, 'kept', 'ada'));
  });
  afterAll(async () => {
    await Promise.all([service?.stop(), alone?.stop()]);
    await proxy?.close();
    await store?.close();
  });

  afterEach(() => proxy.heal());

  const servedBy = async () => {
    const { freshness } = await service.orders.getOrder({ orderId: 'kept' }, { deadline: 10_000 });
    return [freshness?.region, freshness?.fallback];
  };
  const isReady = async () => (await fetch(`http://127.0.0.1:${service.httpPort}/readyz`)).status;

  it.each([
    ['falls silent', () => proxy.silence(), 'silent'],
    ['is cut off', () => proxy.cut(), 'cut'],
  ])(
    'because it %s, another region answers, says so, and keeps to tokens, until its own one heals',
    async (_how, harm, name) => {
      await expect.poll(servedBy).toEqual(['eu-west', false]);
      harm();
      expect(await servedBy()).toEqual(['us-east', true]);
      await expect.poll(servedBy).toEqual(['us-east', true]);

      // What was acknowledged is read, by the progress of the region that answers.
      const order = orderPlaced(journal, `while-${name}`, 'ada');
      const token = toToken(new Map([[partitionKey('orders', order.shard), order.position]]));
      const asked = service.orders.getOrder(
        { orderId: `while-${name}`, read: { token } },
        { deadline: 20_000 },
      );
      await store.apply(order);
      const answer = await asked;
      expect(answer.order?.summary?.version).toBe(1n);
      expect(answer.freshness).toMatchObject({ region: 'us-east', fallback: true });
      const unknown = service.orders.getOrder({ orderId: 'unknown' }, { deadline: 10_000 });
      await expect(unknown).rejects.toThrow('region us-east knows no order unknown');

      for (let n = 0; n < 5; n++) expect(await servedBy()).toEqual(['us-east', true]);
      expect(await isReady()).toBe(200);

      proxy.heal();
      await expect.poll(servedBy).toEqual(['eu-west', false]);
      // Time does not go back for who carries the token over.
      const home = await service.orders.getOrder({
        orderId: `while-${name}`,
        read: { token: answer.freshness?.token },
      });
      expect(home.freshness?.region).toBe('eu-west');
      expect(home.order?.summary?.version).toBe(1n);
    },
  );

  it('a watch goes on with what the other region shows', async () => {
    await expect.poll(servedBy).toEqual(['eu-west', false]);
    const pushes = service.orders.watchOrder({ orderId: 'kept' })[Symbol.asyncIterator]();
    expect((await pushes.next()).value?.freshness?.region).toBe('eu-west');
    proxy.cut();
    const next = pushes.next();
    await store.apply(orderPaid(journal, 'kept', 'ada'));
    expect((await next).value).toMatchObject({
      order: { summary: { version: 2n } },
      freshness: { region: 'us-east', fallback: true },
    });
    proxy.heal();
    await pushes.return?.();
  });

  it('and no other is named, says so soon instead of waiting', async () => {
    proxy.cut();
    const failure = await alone.orders
      .getOrder({ orderId: 'kept' }, { deadline: 10_000, retry: false })
      .then(() => undefined, callFailure);
    expect(failure).toMatchObject({ status: 'UNAVAILABLE', reason: 'REGION_STORE_UNAVAILABLE' });
    proxy.heal();
    const version = async () =>
      alone.orders.getOrder({ orderId: 'kept' }).then(
        ({ order }) => order?.summary?.version,
        () => 'away',
      );
    await expect.poll(version).toBe(2n);
  });
});
