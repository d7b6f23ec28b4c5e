import {
  Context,
  CustomerStatus,
  fromToken,
  OrderStatus,
  partitionKey,
  toToken,
  TopProductsOrder,
  type ConsistencyToken,
} from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { RecordedEvent } from '@meridian/projection';
import { callFailure, type CallFailure } from '@meridian/rpc';
import { sealPersonalData } from '@meridian/sealing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  customerRegistered,
  itemReturned,
  openJournal,
  orderCancelled,
  orderPaid,
  orderPlaced,
  priceChanged,
  productCreated,
  stockReceived,
} from './testing/events.ts';
import { startTestService, type TestService } from './testing/test-service.ts';
import { openTestStore, type TestStore } from './testing/test-store.ts';

const journal = openJournal();
const tokenOf = (...events: readonly RecordedEvent[]): ConsistencyToken =>
  toToken(new Map(events.map((event) => [partitionKey(event.context, event.shard), event.position])));

async function failureOf(call: Promise<unknown>): Promise<CallFailure> {
  const failure = await call.then(() => undefined, callFailure);
  if (!failure) throw new Error('the call did not fail as a call');
  return failure;
}

const TRIES = 10;

/**
 * What a question tells by its deadline. The server answers a moment before the deadline. Where the machine stands still for this moment,
 * the caller's own deadline comes first, and the question is asked again.
 */
async function toldBy(
  ask: (options: { deadline: number; retry: false }) => Promise<unknown>,
): Promise<CallFailure> {
  for (let tries = 1; ; tries++) {
    const failure = await failureOf(ask({ deadline: 2_000, retry: false }));
    if (failure.status !== 'DEADLINE_EXCEEDED' || tries === TRIES) return failure;
  }
}

describe('query-service', () => {
  let store: TestStore;
  let home: TestService;
  let remote: TestService;

  beforeAll(async () => {
    store = await openTestStore();
    [home, remote] = await Promise.all([
      startTestService(store, 'eu-west'),
      startTestService(store, 'us-east'),
    ]);
  });
  afterAll(async () => {
    await Promise.all([home?.stop(), remote?.stop()]);
    await store?.close();
  });

  describe('asked with a token', () => {
    it('waits until its region has applied what the token names, then answers with it', async () => {
      const event = productCreated(journal, 'waited-for');
      const request = { productId: 'waited-for', read: { token: tokenOf(event) } };
      const asked = Promise.all([home.catalog.getProduct(request), remote.catalog.getProduct(request)]);
      // A question without a token is answered meanwhile, and shows that there is nothing to see yet.
      expect(await failureOf(home.catalog.getProduct({ productId: 'waited-for' }))).toMatchObject({
        status: 'NOT_FOUND',
        reason: 'PRODUCT_NOT_FOUND',
      });
      await store.apply(event);
      const [here, there] = await asked;
      expect(here).toMatchObject({
        product: { productId: 'waited-for', version: 1n, price: { currencyCode: 'GBP', amountMinor: 250n } },
        freshness: { region: 'eu-west' },
      });
      expect(there.product).toEqual(here.product);
      expect(there.freshness?.region).toBe('us-east');
      // The own row may have answered before the progress was there; the answer's token names the event all the same.
      for (const { freshness } of [here, there])
        expect(fromToken(freshness?.token)).toEqual(fromToken(request.read.token));
      const { freshness } = await home.catalog.batchGetProducts({ ...request, productIds: ['waited-for'] });
      expect(freshness).toMatchObject({ position: event.position, eventTime: event.time });
    });

    it('is answered about one aggregate from its own row, and with a list once the progress is there', async () => {
      const event = productCreated(journal, 'half-there');
      await store.writeRows(event);
      const read = { token: tokenOf(event) };
      const { product, freshness } = await home.catalog.getProduct({ productId: 'half-there', read });
      expect(product?.version).toBe(1n);
      expect(fromToken(freshness?.token)).toEqual(fromToken(read.token));
      const list = { pageSize: 200, read };
      const failure = await failureOf(home.catalog.listProducts(list, { deadline: 5_000 }));
      expect(failure.reason).toBe('REGION_BEHIND');
      await store.moveProgress(event);
      const { products } = await home.catalog.listProducts(list);
      expect(products.map(({ productId }) => productId)).toContain('half-there');
    });

    it('says how far its region is when the deadline comes first', async () => {
      const applied = productCreated(journal, 'too-early');
      await store.apply(applied);
      const future = priceChanged(journal, 'too-early', 2n, 300n);
      const asked = { productId: 'too-early', read: { token: tokenOf(future) } };
      const failure = await toldBy((options) => remote.catalog.getProduct(asked, options));
      expect(failure).toMatchObject({ status: 'UNAVAILABLE', reason: 'REGION_BEHIND' });
      expect(failure.metadata).toEqual({
        region: 'us-east',
        [partitionKey('catalog', shardOf('too-early'))]:
          `required=${future.position} applied=${applied.position}`,
      });
    });

    it('does not wait for contexts that do not feed its read model', async () => {
      const far = { context: Context.ORDERS, partition: 3, position: 1_000_000n };
      const { product } = await home.catalog.getProduct({
        productId: 'waited-for',
        read: { token: { entries: [far] } },
      });
      expect(product?.productId).toBe('waited-for');
    });

    it('waits with lists and totals too', async () => {
      const event = orderPlaced(journal, 'listed-later', 'c-list');
      const read = { token: tokenOf(event) };
      const asked = Promise.all([
        home.orders.listCustomerOrders({ customerId: 'c-list', read }),
        home.sales.getDailySales({ fromDay: '2026-03-04', country: 'France', read }),
      ]);
      await failureOf(home.orders.getOrder({ orderId: 'listed-later' }));
      await store.apply(event);
      const [list, sales] = await asked;
      expect(list.orders.map((order) => order.orderId)).toEqual(['listed-later']);
      expect(sales.rows).toMatchObject([
        { day: '2026-03-04', ordersPlaced: 1n, revenue: { amountMinor: 500n } },
      ]);
    });
  });

  describe('answering', () => {
    it('gives a token that names what the answer shows, also when the rows are ahead of the progress', async () => {
      const created = productCreated(journal, 'ahead');
      await store.apply(created);
      const changed = priceChanged(journal, 'ahead', 2n, 999n);
      await store.writeRows(changed);
      const { product, freshness } = await home.catalog.getProduct({ productId: 'ahead' });
      expect(product?.version).toBe(2n);
      expect(fromToken(freshness?.token)).toEqual(
        new Map([[partitionKey('catalog', shardOf('ahead')), changed.position]]),
      );
      const { freshness: ofList } = await home.catalog.listProducts({ pageSize: 200 });
      expect(fromToken(ofList?.token).get(partitionKey('catalog', shardOf('ahead')))).toBe(changed.position);
      await store.moveProgress(changed);
    });

    it('gives what it has found of several, in the order asked, and names what is missing', async () => {
      await store.apply(productCreated(journal, 'b-1'), productCreated(journal, 'b-2'));
      const answer = await home.catalog.batchGetProducts({ productIds: ['b-2', 'nowhere', 'b-1'] });
      expect(answer.products.map((product) => product.productId)).toEqual(['b-2', 'b-1']);
      expect(answer.missingProductIds).toEqual(['nowhere']);
    });

    it('shows an order with its history, its customer’s value and its sales', async () => {
      const events = [orderPlaced(journal, 'whole', 'c-whole'), orderPaid(journal, 'whole', 'c-whole')];
      await store.apply(...events);
      const { order, freshness } = await remote.orders.getOrder({ orderId: 'whole' });
      expect(order).toMatchObject({
        summary: { status: OrderStatus.PAID, version: 2n, total: { currencyCode: 'GBP', amountMinor: 500n } },
        lines: [{ lineNo: 1, quantity: 2n, returnedQuantity: 0n, unitPrice: { amountMinor: 250n } }],
        history: [{ eventType: 'OrderPlaced' }, { eventType: 'OrderPaid', note: 'pay-1' }],
        historyTotal: 2n,
      });
      expect(fromToken(freshness?.token)).toEqual(
        new Map([[partitionKey('orders', shardOf('whole')), events[1]?.position]]),
      );
      const best = { fromDay: '2026-03-04', currencyCode: 'GBP', orderBy: TopProductsOrder.UNITS };
      const { products } = await remote.sales.listTopProducts(best);
      expect(products).toMatchObject([{ productId: 'P1', productName: 'name of P1' }]);
    });

    it('lists the history of an order page by page, and says when there is no such order', async () => {
      const events = [orderPlaced(journal, 'long', 'c-long'), orderPaid(journal, 'long', 'c-long')];
      await store.apply(...events);
      const first = await remote.orders.listOrderHistory({ orderId: 'long', pageSize: 1 });
      expect(first.history).toMatchObject([{ version: 1n, eventType: 'OrderPlaced' }]);
      const { nextPageToken: pageToken } = first;
      const last = await remote.orders.listOrderHistory({ orderId: 'long', pageSize: 1, pageToken });
      expect(last).toMatchObject({ history: [{ version: 2n, note: 'pay-1' }], nextPageToken: '' });
      expect(fromToken(last.freshness?.token)).toEqual(
        new Map([[partitionKey('orders', shardOf('long')), events[1]?.position]]),
      );
      expect(await failureOf(remote.orders.listOrderHistory({ orderId: 'nobody' }))).toMatchObject({
        reason: 'ORDER_NOT_FOUND',
      });
      expect(await failureOf(remote.orders.listOrderHistory({ orderId: 'whole', pageToken }))).toMatchObject({
        reason: 'INVALID_ARGUMENT',
        fieldViolations: [{ field: 'page_token' }],
      });
    });

    it('names the field of a request that breaks a rule', async () => {
      const failure = await failureOf(home.catalog.getProduct({ productId: 'no such id' }));
      expect(failure).toMatchObject({
        status: 'INVALID_ARGUMENT',
        fieldViolations: [{ field: 'product_id' }],
      });
    });
  });

  describe('paging', () => {
    it('lists every product once and in order while others arrive', async () => {
      const ids = Array.from({ length: 25 }, (_, n) => `page-${String(n).padStart(2, '0')}`);
      await store.apply(...ids.map((id) => productCreated(journal, id)));
      const listed: string[] = [];
      for (let pageToken = ''; ;) {
        const page = await home.catalog.listProducts({ pageSize: 4, pageToken });
        listed.push(...page.products.map((product) => product.productId));
        await store.apply(productCreated(journal, `0-arrived-${listed.length}`));
        if (page.nextPageToken === '') break;
        pageToken = page.nextPageToken;
      }
      expect(listed).toEqual([...listed].sort());
      expect(listed.filter((id) => id.startsWith('page-'))).toEqual(ids);
    });

    it('refuses a page token of another question, of other parameters, or of nobody', async () => {
      await store.apply(...['l-1', 'l-2', 'l-3'].map((id) => stockReceived(journal, id, 5n)));
      const { nextPageToken } = await home.inventory.listLowStock({ threshold: 9n, pageSize: 1 });
      expect(nextPageToken).not.toBe('');
      const next = { threshold: 9n, pageSize: 1, pageToken: nextPageToken };
      const { availabilities } = await home.inventory.listLowStock(next);
      expect(availabilities.map((stock) => stock.productId)).toEqual(['l-2']);
      const wrong = [
        home.catalog.listProducts({ pageToken: nextPageToken }),
        home.inventory.listLowStock({ threshold: 8n, pageToken: nextPageToken }),
        home.inventory.listLowStock({ threshold: 9n, pageToken: `${nextPageToken.slice(0, -2)}AA` }),
        // Each region signs with a key of its own here.
        remote.inventory.listLowStock(next),
      ];
      for (const failure of await Promise.all(wrong.map(failureOf))) {
        expect(failure).toMatchObject({
          status: 'INVALID_ARGUMENT',
          fieldViolations: [{ field: 'page_token' }],
        });
      }
    });
  });

  describe('asked for a customer', () => {
    const personalData = { name: 'Ada', email: 'ada@example.org', address: '' };

    it('opens personal data by the key that was copied to its region, and waits for that', async () => {
      const { key, wrappedKey } = store.newKey('ada');
      await store.apply(
        customerRegistered(journal, 'ada', sealPersonalData(key, 'ada', personalData)),
        orderPlaced(journal, 'ada-1', 'ada'),
      );
      const early = await toldBy((options) => remote.customers.getCustomer({ customerId: 'ada' }, options));
      expect(early).toMatchObject({ status: 'UNAVAILABLE', reason: 'KEY_NOT_COPIED' });
      const asked = remote.customers.getCustomer({ customerId: 'ada' });
      await store.keys.write({ customerId: 'ada', wrappedKey, changedAt: new Date() });
      expect((await asked).customer).toMatchObject({
        ...personalData,
        status: CustomerStatus.ACTIVE,
        ordersPlaced: 1n,
        lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 500n }],
      });
    });

    it('adds up the orders that the token names, less cancellations and returns, and names them', async () => {
      const { key, wrappedKey } = store.newKey('eve');
      await store.keys.write({ customerId: 'eve', wrappedKey, changedAt: new Date() });
      const registered = customerRegistered(journal, 'eve', sealPersonalData(key, 'eve', personalData));
      await store.apply(registered);
      const orders = [
        orderPlaced(journal, 'eve-1', 'eve'),
        orderPlaced(journal, 'eve-2', 'eve'),
        orderPlaced(journal, 'eve-3', 'eve'),
        orderCancelled(journal, 'eve-2', 'eve'),
        itemReturned(journal, 'eve-3', 2n, 'eve'),
      ];
      const request = { customerId: 'eve', read: { token: tokenOf(registered, ...orders) } };
      const late = await toldBy((options) => remote.customers.getCustomer(request, options));
      expect(late).toMatchObject({ status: 'UNAVAILABLE', reason: 'REGION_BEHIND' });
      const asked = remote.customers.getCustomer(request);
      await store.apply(...orders);
      const { customer, freshness } = await asked;
      expect(customer).toMatchObject({
        version: 1n,
        ordersPlaced: 2n,
        lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 750n }],
      });
      const newest = orders.map(({ position }) => position).reduce((a, b) => (a > b ? a : b));
      expect(freshness).toMatchObject({ region: 'us-east', position: newest, fallback: false });
      const named = fromToken(freshness?.token);
      for (const [at, position] of fromToken(request.read.token)) expect(named.get(at)).toBe(position);
      // Of the customers' partitions, only that of the customer was read.
      expect([...named.keys()].filter((at) => at.startsWith('customers/'))).toEqual([
        partitionKey('customers', shardOf('eve')),
      ]);
    });

    it('names the order that is shown before the progress has it', async () => {
      const { key, wrappedKey } = store.newKey('flo');
      await store.keys.write({ customerId: 'flo', wrappedKey, changedAt: new Date() });
      await store.apply(customerRegistered(journal, 'flo', sealPersonalData(key, 'flo', personalData)));
      const order = orderPlaced(journal, 'flo-1', 'flo');
      await store.writeRows(order);
      const { customer, freshness } = await home.customers.getCustomer({ customerId: 'flo' });
      expect(customer?.ordersPlaced).toBe(1n);
      expect(fromToken(freshness?.token).get(partitionKey('orders', order.shard))).toBe(order.position);
      await store.moveProgress(order);
    });

    it('shows nothing that was sealed once the key is destroyed, even before the erasure itself is seen', async () => {
      const { key, wrappedKey } = store.newKey('bob');
      await store.keys.write({ customerId: 'bob', wrappedKey, changedAt: new Date() });
      await store.apply(customerRegistered(journal, 'bob', sealPersonalData(key, 'bob', personalData)));
      expect((await home.customers.getCustomer({ customerId: 'bob' })).customer?.name).toBe('Ada');
      const changedAt = new Date(Date.now() + 1_000);
      await store.keys.write({ customerId: 'bob', wrappedKey: undefined, changedAt });
      expect((await home.customers.getCustomer({ customerId: 'bob' })).customer).toMatchObject({
        name: '',
        email: '',
        address: '',
        country: 'France',
        status: CustomerStatus.ERASED,
      });
    });
  });

  it('tells how far each read model is, and that it is ready', async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${home.httpPort}/metrics`)).text();
    expect(metrics).toMatch(
      /meridian_query_applied_position\{read_model="catalog",store_region="eu-west"[^}]*\} [1-9]/,
    );
    expect((await fetch(`http://127.0.0.1:${home.httpPort}/readyz`)).status).toBe(200);
  });

  it('answers what is under way and exits 0 when it is told to stop', async () => {
    const service = await startTestService(store, 'eu-west');
    await service.catalog.listProducts({});
    expect(await service.stop()).toBe(0);
  });
});
