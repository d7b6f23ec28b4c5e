import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
import { partitionKey, toToken } from '@meridian/contracts';
import { createRegisterTableCql } from '@meridian/read-store';
import { catalogProjection } from '@meridian/read-model-catalog';
import { callFailure } from '@meridian/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournal, productCreated } from './testing/events.ts';
import { startTestService, type TestService } from './testing/test-service.ts';
import { fromEnvironment, openTestStore, type TestStore } from './testing/test-store.ts';

const journal = openJournal();

describe('the live generation', () => {
  let store: TestStore;
  let session: CassandraSession;
  let service: TestService;

  beforeAll(async () => {
    store = await openTestStore();
    session = await connectCassandra({
      contactPoints: [fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST')],
      localDataCenter: 'eu-west',
    });
    await session.schema([createRegisterTableCql(store.keyspace)]);
    await enter(1);
    service = await startTestService(store, 'eu-west');
  });
  afterAll(async () => {
    await service?.stop();
    await session?.close();
    await store?.close();
  });

  const enter = (generation: number) =>
    execute(
      `INSERT INTO ${store.keyspace}.projection_generation (projector, generation, version, created_at, fill_until, max_events_per_second, epoch, live, newest_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ['catalog', generation, 1, new Date(), 0n, 0, BigInt(generation), generation, 1],
    );
  const execute = (cql: string, params: Parameters<CassandraSession['execute']>[1]) =>
    session.execute(cql, params, { consistency: 'EACH_QUORUM' });

  it('is followed while the service runs; lists end with the generation that they began with', async () => {
    const events = ['p-1', 'p-2', 'p-3'].map((id) => productCreated(journal, id));
    await store.apply(...events);
    const firstPage = await service.catalog.listProducts({ pageSize: 2 });
    // The second generation knows one product only, and is as far as the first.
    await store.applyAs({ ...catalogProjection, generation: 2 }, events.slice(0, 1), events);
    await enter(2);
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
});
