import type { CassandraSession } from '@meridian/cassandra';
import { partitionKey, toMessage, toToken, type ConsistencyToken } from '@meridian/contracts';
import type { RecordedEvent } from '@meridian/projection';
import { ordersProjection } from '@meridian/read-model-orders';
import { callFailure } from '@meridian/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournal, orderPaid, orderPlaced } from './testing/events.ts';
import { startTestService, type TestService } from './testing/test-service.ts';
import { connectHome, openTestStore, type TestStore } from './testing/test-store.ts';

const journal = openJournal();
const CALLS_AT_ONCE = 4;
const WATCHES = 3;
const tokenOf = (event: RecordedEvent): ConsistencyToken =>
  toToken(new Map([[partitionKey(event.context, event.shard), event.position]]));

describe('query-service', () => {
  let store: TestStore;
  let session: CassandraSession;
  let service: TestService;

  beforeAll(async () => {
    store = await openTestStore();
    session = await connectHome();
    service = await startTestService(store, 'eu-west', {
      MERIDIAN_CALLS_PER_METHOD: String(CALLS_AT_ONCE),
      MERIDIAN_WAITING_PER_METHOD: String(CALLS_AT_ONCE),
      MERIDIAN_WATCHES: String(WATCHES),
    });
  });
  afterAll(async () => {
    await service?.stop();
    await session?.close();
    await store?.close();
  });

  it('lets so many calls wait, refuses more at once, and answers those that need not wait', async () => {
    const event = orderPlaced(journal, 'held', 'ada');
    const asked = { orderId: 'held', read: { token: tokenOf(event) } };
    const calls = Array.from({ length: 3 * CALLS_AT_ONCE }, () =>
      service.orders.getOrder(asked, { deadline: 20_000, retry: false }).then(
        ({ order }) => order?.summary?.version,
        (error: unknown) => callFailure(error)?.reason,
      ),
    );
    // A call that is to wait is at work for a moment before: then it is either bound that it meets.
    const bounds = ['TOO_MANY_CALLS', 'TOO_MANY_WAITING'];
    expect(bounds).toContain(await Promise.race(calls));
    // The same method answers too: once those that are to wait do, they hold none of its places.
    const withoutWaiting = () =>
      service.orders.getOrder({ orderId: 'nobody' }, { retry: false }).then(
        () => 'found',
        (error: unknown) => callFailure(error)?.reason,
      );
    await expect.poll(withoutWaiting).toBe('ORDER_NOT_FOUND');
    expect((await service.orders.listCustomerOrders({ customerId: 'nobody' })).orders).toEqual([]);
    await store.apply(event);
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome === 1n)).toHaveLength(CALLS_AT_ONCE);
    expect(outcomes.filter((outcome) => bounds.some((bound) => bound === outcome))).toHaveLength(
      2 * CALLS_AT_ONCE,
    );
    expect((await service.orders.getOrder(asked)).order?.summary?.version).toBe(1n);
  });

  it('bounds its open watches apart from its calls', async () => {
    await store.apply(orderPlaced(journal, 'seen-by-many', 'ada'));
    const open = () => service.orders.watchOrder({ orderId: 'seen-by-many' })[Symbol.asyncIterator]();
    const watches = Array.from({ length: WATCHES }, open);
    await Promise.all(watches.map((watch) => watch.next()));
    const oneMore = await open()
      .next()
      .then(String, (error: unknown) => callFailure(error));
    expect(oneMore).toMatchObject({ status: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_CALLS' });
    await watches[0]?.return?.();
    const again = async () => {
      const watch = open();
      const first = await watch.next().then(
        ({ value }) => value?.order?.summary?.version,
        () => 'refused',
      );
      await watch.return?.();
      return first;
    };
    await expect.poll(again).toBe(1n);
    for (const watch of watches.slice(1)) await watch.return?.();
  });

  it('refuses a token that names what is parked, shows the rest, and tells how many are parked', async () => {
    const [placed, other] = [orderPlaced(journal, 'parked', 'eve'), orderPlaced(journal, 'other', 'eve')];
    await store.apply(placed, other);
    const paid = orderPaid(journal, 'parked', 'eve');
    await park(paid);
    // The projector passes what it parks.
    await store.moveProgress(paid);
    const asked = { orderId: 'parked', read: { token: tokenOf(paid) } };
    // At once: nobody would wait for this deadline.
    const failure = await service.orders
      .getOrder(asked, { deadline: 3_600_000 })
      .then(() => undefined, callFailure);
    expect(failure).toMatchObject({ status: 'FAILED_PRECONDITION', reason: 'AGGREGATE_PARKED' });
    expect(failure?.violations).toEqual([
      { type: 'AGGREGATE_PARKED', subject: 'order/parked', description: 'it cannot be applied' },
    ]);

    // What came before it was parked is shown to whoever asks for no more than that.
    const before = await service.orders.getOrder({ orderId: 'parked', read: { token: tokenOf(placed) } });
    expect(before).toMatchObject({ order: { summary: { version: 1n } }, freshness: { parkedAggregates: 1 } });
    const list = await service.orders.listCustomerOrders({
      customerId: 'eve',
      read: { token: tokenOf(paid) },
    });
    expect(list.orders).toHaveLength(2);
    expect(list.freshness?.parkedAggregates).toBe(1);
    expect((await service.sales.getDailySales({ fromDay: '2026-03-04' })).freshness?.parkedAggregates).toBe(
      0,
    );
  });

  it('refuses a token that names an event of an unknown type, or a later one of its aggregate', async () => {
    const [placed, other] = [orderPlaced(journal, 'newer', 'kim'), orderPlaced(journal, 'beside', 'kim')];
    await store.apply(placed, other);
    const [packed, paid] = [orderPaid(journal, 'newer', 'kim'), orderPaid(journal, 'newer', 'kim')];
    await keep(packed, 'OrderPacked');
    await store.apply(paid);
    const ask = (orderId: string, event: RecordedEvent) =>
      service.orders.getOrder({ orderId, read: { token: tokenOf(event) } }, { deadline: 20_000 });
    for (const event of [packed, paid])
      expect(await ask('newer', event).then(() => undefined, callFailure)).toMatchObject({
        status: 'FAILED_PRECONDITION',
        reason: 'AGGREGATE_PARKED',
        violations: [
          {
            type: 'AGGREGATE_PARKED',
            subject: 'order/newer',
            description: 'the projector does not know events of type OrderPacked',
          },
        ],
      });
    expect((await ask('newer', placed)).order?.summary?.orderId).toBe('newer');
    const answered = await ask('beside', paid);
    const { freshness } = await service.orders.listCustomerOrders({ customerId: 'kim' });
    // The one that is parked, and this one.
    expect([answered.freshness?.parkedAggregates, freshness?.parkedAggregates]).toEqual([2, 2]);
  });

  async function keep(event: RecordedEvent, type: string): Promise<void> {
    const { context, shard, aggregateId, position } = event;
    const of = ['orders', ordersProjection.version, context, shard];
    await session.execute(
      `INSERT INTO ${store.keyspace}.deferred_event (projector, generation, context, partition, position, aggregate_id, kafka_offset, type, headers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [...of, position, aggregateId, 0n, type, JSON.stringify(toMessage(event).headers)],
      { consistency: 'EACH_QUORUM' },
    );
    await session.execute(
      `INSERT INTO ${store.keyspace}.deferred_mark (projector, generation, context, partition, last_position) VALUES (?, ?, ?, ?, ?)`,
      [...of, position],
      { consistency: 'EACH_QUORUM' },
    );
  }

  async function park({
    context,
    shard,
    aggregateType,
    aggregateId,
    position,
  }: RecordedEvent): Promise<void> {
    const of = ['orders', ordersProjection.version, context, shard];
    await session.execute(
      `INSERT INTO ${store.keyspace}.parked_aggregate (projector, generation, context, partition, aggregate_id, aggregate_type, reason, first_position, last_position, events, parked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [...of, aggregateId, aggregateType, 'it cannot be applied', position, position, 1, new Date()],
      { consistency: 'EACH_QUORUM' },
    );
    await session.execute(
      `INSERT INTO ${store.keyspace}.parked_mark (projector, generation, context, partition, last_position) VALUES (?, ?, ?, ?, ?)`,
      [...of, position],
      { consistency: 'EACH_QUORUM' },
    );
  }
});
