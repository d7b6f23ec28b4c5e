import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { CassandraSession } from '@meridian/cassandra';
import { CatalogQueryServiceDefinition, fromToken, partitionKey, toToken } from '@meridian/contracts';
import { createRegisterTableCql } from '@meridian/read-store';
import { catalogProjection } from '@meridian/read-model-catalog';
import { customersVersion2 } from '@meridian/read-model-customers/testing/version-2';
import { callFailure, createChannelClient } from '@meridian/rpc';
import { sealPersonalData } from '@meridian/sealing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customerRegistered, openJournal, orderPlaced, productCreated } from './testing/events.ts';
import { startStoreProxy } from './testing/store-proxy.ts';
import { startTestService, type TestService } from './testing/test-service.ts';
import { connectHome, fromEnvironment, openTestStore, type TestStore } from './testing/test-store.ts';

const journal = openJournal();

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (!address || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

describe('the live generation', () => {
  let store: TestStore;
  let session: CassandraSession;
  let service: TestService;
  const keyOfPages = { MERIDIAN_PAGE_TOKEN_KEY: randomBytes(32).toString('base64') };

  beforeAll(async () => {
    store = await openTestStore();
    session = await connectHome();
    await session.schema([createRegisterTableCql(store.keyspace)]);
    await enter('catalog', 1);
    service = await startTestService(store, 'eu-west', keyOfPages);
  });
  afterAll(async () => {
    await service?.stop();
    await session?.close();
    await store?.close();
  });

  const enter = (projector: string, generation: number) =>
    execute(
      `INSERT INTO ${store.keyspace}.projection_generation (projector, generation, version, created_at, fill_until, max_events_per_second, epoch, live, newest_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [projector, generation, 1, new Date(), 0n, 0, BigInt(generation), generation, 1],
    );
  const execute = (cql: string, params: Parameters<CassandraSession['execute']>[1]) =>
    session.execute(cql, params, { consistency: 'EACH_QUORUM' });

  it('is followed while the service runs; lists end with the generation that they began with', async () => {
    const events = ['p-1', 'p-2', 'p-3'].map((id) => productCreated(journal, id));
    await store.apply(...events);
    const firstPage = await service.catalog.listProducts({ pageSize: 2 });
    // The second generation knows one product only, and is as far as the first.
    await store.applyAs({ ...catalogProjection, generation: 2 }, events.slice(0, 1), events);
    await enter('catalog', 2);
    const live = async () =>
      (await service.catalog.listProducts({})).products.map(({ productId }) => productId);
    await expect.poll(live).toEqual(['p-1']);
    const rest = await service.catalog.listProducts({ pageSize: 2, pageToken: firstPage.nextPageToken });
    expect(rest.products.map(({ productId }) => productId)).toEqual(['p-3']);

    const last = events.at(-1);
    const token = toToken(new Map(last ? [[partitionKey('catalog', last.shard), last.position]] : []));
    expect((await service.catalog.getProduct({ productId: 'p-1', read: { token } })).product?.version).toBe(
      1n,
    );

    const dropped = `UPDATE ${store.keyspace}.projection_generation SET dropped_at = ? WHERE projector = ? AND generation = ?`;
    await execute(dropped, [new Date(), 'catalog', 1]);
    const oldPage = () =>
      service.catalog.listProducts({ pageSize: 2, pageToken: firstPage.nextPageToken }).then(
        () => 'answered',
        (error: unknown) => callFailure(error)?.fieldViolations[0]?.field,
      );
    await expect.poll(oldPage).toBe('page_token');
  });

  it('is not guessed while no store answers at a start: calls wait for it, or fail as UNAVAILABLE', async () => {
    const events = ['s-1', 's-2'].map((id) => productCreated(journal, id));
    await store.applyAs({ ...catalogProjection, generation: 2 }, events, events);
    const page = await service.catalog.listProducts({ pageSize: 1 });
    const proxy = await startStoreProxy(fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST'));
    proxy.cut();
    // As after a restart in place: clients know the address before the service is ready.
    const address = `127.0.0.1:${await freePort()}`;
    const { client, close } = createChannelClient(CatalogQueryServiceDefinition, [address]);
    const starting = startTestService(store, 'eu-west', {
      ...keyOfPages,
      MERIDIAN_CASSANDRA: proxy.address,
      MERIDIAN_GRPC_ADDRESS: address,
    });
    try {
      const asked = () =>
        client.listProducts({ pageSize: 1, pageToken: page.nextPageToken }, { deadline: 2_000 }).then(
          ({ products }) => products.map(({ productId }) => productId),
          (error: unknown) => callFailure(error)?.reason || callFailure(error)?.status,
        );
      const said = new Set<unknown>();
      await expect.poll(async () => said.add(await asked())).toContain('REGION_STORE_UNAVAILABLE');
      // Before, nobody listened yet, or the process was too busy with its start.
      for (const other of ['REGION_STORE_UNAVAILABLE', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'])
        said.delete(other);
      expect([...said]).toEqual([]);
      proxy.heal();
      await starting;
      expect(await asked()).toEqual(['s-1']);
    } finally {
      close();
      proxy.heal();
      await (await starting).stop();
      await proxy.close();
    }
  });

  it('is where a question goes on that waited in the generation before', async () => {
    const events = ['w-1', 'w-2'].map((id) => productCreated(journal, id));
    await store.applyAs({ ...catalogProjection, generation: 3 }, events, events);
    const last = events.at(-1)!;
    const token = toToken(new Map([[partitionKey('catalog', last.shard), last.position]]));
    const asked = service.catalog.getProduct({ productId: 'w-2', read: { token } }, { deadline: 120_000 });
    // It came later on the same connection, so the first question waits by now.
    await service.catalog.listProducts({});
    await enter('catalog', 3);
    expect((await asked).product?.productId).toBe('w-2');
  });

  it('of the customers may be one of version 2, of which only the customers count', async () => {
    const { key, wrappedKey } = store.newKey('ada');
    await store.keys.write({ customerId: 'ada', wrappedKey, changedAt: new Date() });
    const personalData = { name: 'Ada', email: '', address: '' };
    const events = [
      customerRegistered(journal, 'ada', sealPersonalData(key, 'ada', personalData)),
      orderPlaced(journal, 'ada-1', 'ada'),
    ];
    const [registered, placed] = events;
    // Generation 2 is fed by the orders as well, and is ahead of the orders' read model.
    const next = orderPlaced(journal, 'ada-2', 'ada');
    await store.apply(placed!);
    await store.applyAs({ ...customersVersion2, generation: 2 }, [...events, next], [...events, next]);
    await enter('customers', 2);
    const ask = () => service.customers.getCustomer({ customerId: 'ada' }).catch(() => undefined);
    await expect.poll(async () => (await ask())?.customer).toMatchObject({ name: 'Ada', ordersPlaced: 1n });
    const freshness = (await ask())?.freshness;
    expect(freshness?.position).toBe(placed!.position);
    expect(fromToken(freshness?.token)).toEqual(
      new Map(
        [registered!, placed!].map((event) => [partitionKey(event.context, event.shard), event.position]),
      ),
    );
    await enter('customers', 3);
    await store.apply(registered!, next);
    await expect.poll(async () => (await ask())?.customer?.ordersPlaced).toBe(2n);
  });
});
