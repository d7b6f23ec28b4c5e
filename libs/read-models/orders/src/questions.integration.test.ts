import { mergePositions, partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { openTestRows, type TestRows } from '@meridian/read-model-testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  findOrder,
  listCustomerOrders,
  listOrderHistory,
  sumOfOrders,
  type CustomerOrdersCursor,
} from './index.ts';
import { ordersProjection } from './projection.ts';
import { cancelled, keysOf, paid, placed, returnedOne, shipped } from './testing/events.ts';

const day = (text: string) => new Date(`${text}T10:00:00Z`);

const versions = (from: bigint, to: bigint) =>
  Array.from({ length: Number(to - from) + 1 }, (_, n) => from + BigInt(n));

describe('questions about orders', () => {
  let rows: TestRows;
  beforeAll(async () => {
    rows = await openTestRows(ordersProjection);
  });
  afterAll(() => rows.close());

  it('finds a whole order: head, lines with what came back, history', async () => {
    const keys = keysOf('order-1', 'c-1', day('2026-03-04'));
    const events = [
      placed(keys, 1n),
      paid(keys, 2n, 2n),
      shipped(keys, 3n, 3n),
      returnedOne(keys, 4n, 4n),
      returnedOne(keys, 5n, 5n),
    ];
    await rows.apply(...events);
    await rows.apply(...events.slice(2, 4));
    expect(await findOrder(rows.reader, 'order-1')).toEqual({
      head: {
        orderId: 'order-1',
        customerId: 'c-1',
        country: 'France',
        currencyCode: 'GBP',
        status: 'shipped',
        totalMinor: 1_000n,
        returnedMinor: 600n,
        placedAt: day('2026-03-04'),
        version: 5n,
        includes: new Map([[partitionKey('orders', shardOf('order-1')), 5n]]),
      },
      lines: [
        {
          lineNo: 1,
          productId: 'product-1',
          productName: 'name 1',
          quantity: 2n,
          returnedQuantity: 2n,
          unitPriceMinor: 300n,
        },
        {
          lineNo: 2,
          productId: 'product-2',
          productName: 'name 2',
          quantity: 1n,
          returnedQuantity: 0n,
          unitPriceMinor: 400n,
        },
      ],
      history: events.map(({ version, type, time }) =>
        expect.objectContaining({ version, eventType: type, recordedAt: time }),
      ),
      historyTotal: 5,
      isGapless: true,
    });
    expect(await findOrder(rows.reader, 'nowhere')).toBeUndefined();
  });

  it('finds an order of many returns: what came back is their sum, and its history comes in pages', async () => {
    const keys = keysOf('long-1', 'c-long', day('2026-03-04'));
    const returns = Array.from({ length: 130 }, (_, n) =>
      returnedOne(keys, BigInt(n + 2), 40_000n + BigInt(n)),
    );
    await rows.apply(placed(keys, 39_999n), ...returns);
    const order = await findOrder(rows.reader, 'long-1');
    expect(order?.lines[0]?.returnedQuantity).toBe(130n);
    expect(order?.head).toMatchObject({ returnedMinor: 130n * 300n, version: 131n });
    expect(order?.historyTotal).toBe(131);
    expect(order?.history.map(({ version }) => version)).toEqual(versions(32n, 131n));
    const listed: bigint[] = [];
    for (let after: bigint | undefined = 0n; after !== undefined;) {
      const page = await listOrderHistory(rows.reader, 'long-1', after, 50);
      expect(page?.steps.length).toBeLessThanOrEqual(50);
      listed.push(...(page?.steps.map(({ version }) => version) ?? []));
      after = page?.next;
    }
    expect(listed).toEqual(versions(1n, 131n));
    expect(await listOrderHistory(rows.reader, 'nowhere', 0n, 50)).toBeUndefined();
  });

  it('lists a customer’s orders newest first over months, whatever the page size, while others arrive', async () => {
    const placedOn = ['2026-01-31', '2026-02-01', '2026-02-01', '2026-02-28', '2025-12-31', '2026-02-01'];
    const all = placedOn.map((text, n) => keysOf(`list-${n}`, 'c-2', day(text)));
    await rows.apply(...all.map((keys, n) => placed(keys, BigInt(100 + n))));
    const expected = ['list-3', 'list-5', 'list-2', 'list-1', 'list-0', 'list-4'];
    for (const pageSize of [1, 2, 3, 6, 50]) {
      const listed: string[] = [];
      for (let cursor: CustomerOrdersCursor | undefined; ;) {
        const page = await listCustomerOrders(rows.reader, 'c-2', cursor, pageSize);
        expect(page.orders.length).toBeLessThanOrEqual(pageSize);
        listed.push(...page.orders.map((order) => order.orderId));
        await rows.apply(
          placed(keysOf(`new-${pageSize}`, 'c-2', day('2026-04-01')), 200n + BigInt(pageSize)),
        );
        if (!page.next) break;
        cursor = page.next;
      }
      expect(listed.filter((id) => id.startsWith('list-'))).toEqual(expected);
    }
  });

  it('shows in the list what came back of each order, and which event says so', async () => {
    const [one, other] = [
      keysOf('back-1', 'c-3', day('2026-03-04')),
      keysOf('back-2', 'c-3', day('2026-03-05')),
    ];
    await rows.apply(
      placed(one, 300n),
      placed(other, 301n),
      returnedOne(one, 2n, 302n),
      returnedOne(one, 3n, 303n),
    );
    const { orders } = await listCustomerOrders(rows.reader, 'c-3', undefined, 10);
    expect(
      orders.map(({ orderId, returnedMinor, version }) => ({ orderId, returnedMinor, version })),
    ).toEqual([
      { orderId: 'back-2', returnedMinor: 0n, version: 1n },
      { orderId: 'back-1', returnedMinor: 600n, version: 3n },
    ]);
    expect(orders[1]?.includes).toEqual(new Map([[partitionKey('orders', shardOf('back-1')), 303n]]));
  });

  it('adds up what a customer’s orders of all months are worth, less cancellations and returns', async () => {
    const keys = [
      '2025-12-31',
      '2026-02-01',
      '2026-02-02',
      '2026-02-03',
      new Date().toISOString().slice(0, 10),
    ].map((text, n) => keysOf(`worth-${n}`, 'c-worth', day(text)));
    const [old, gone, back, inEuro, today] = keys.map((one, n) =>
      n === 3 ? { ...one, currencyCode: 'EUR' } : one,
    );
    const events = [
      placed(old!, 700n),
      placed(gone!, 701n),
      placed(back!, 702n),
      placed(inEuro!, 703n),
      placed(today!, 704n),
      cancelled(gone!, 2n, 705n),
      shipped(back!, 2n, 706n),
      returnedOne(back!, 3n, 707n),
      returnedOne(back!, 4n, 708n),
    ];
    const worth = {
      ordersPlaced: 4,
      lifetimeValue: [
        { currencyCode: 'EUR', amountMinor: 1_000n },
        { currencyCode: 'GBP', amountMinor: 2_400n },
      ],
      includes: mergePositions(
        ...events.map(({ shard, position }) => new Map([[partitionKey('orders', shard), position]])),
      ),
    };
    await rows.apply(...events);
    expect(await sumOfOrders(rows.reader, 'c-worth')).toEqual(worth);
    // Nothing is counted twice when events come again.
    await rows.apply(...events.slice(2, 8));
    expect(await sumOfOrders(rows.reader, 'c-worth')).toEqual(worth);
    expect(await sumOfOrders(rows.reader, 'nobody')).toEqual({
      ordersPlaced: 0,
      lifetimeValue: [],
      includes: new Map(),
    });
  });

  it('has nothing left of the worth of an order that came back in whole, and keeps its currency', async () => {
    const keys = { ...keysOf('whole-back', 'c-back', day('2026-03-04')), totalMinor: 300n };
    await rows.apply(placed(keys, 720n), returnedOne(keys, 2n, 721n));
    expect(await sumOfOrders(rows.reader, 'c-back')).toMatchObject({
      ordersPlaced: 1,
      lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 0n }],
    });
  });

  it('has an empty list for a customer without orders', async () => {
    expect(await listCustomerOrders(rows.reader, 'nobody', undefined, 10)).toEqual({
      orders: [],
      next: undefined,
    });
  });

  it('passes over orders of which only later events are known, and loses none beside them', async () => {
    const keys = Array.from({ length: 9 }, (_, n) => keysOf(`half-${n}`, 'c-half', day(`2026-07-0${n + 1}`)));
    const [first, ...others] = keys;
    const halves = others.map((one, n) => returnedOne(one, 3n, 601n + BigInt(n)));
    await rows.apply(placed(first!, 600n), ...halves);
    await rows.apply(paid(others[0]!, 2n, 620n));
    expect(await findOrder(rows.reader, 'half-2')).toBeUndefined();
    expect(await findOrder(rows.reader, 'half-1')).toBeUndefined();
    expect(await listOrderHistory(rows.reader, 'half-1', 0n, 10)).toBeUndefined();
    const page = await listCustomerOrders(rows.reader, 'c-half', undefined, 2);
    expect(page.orders.map(({ orderId, status }) => [orderId, status])).toEqual([
      ['half-1', 'paid'],
      ['half-0', 'placed'],
    ]);
    expect(page.next).toBeUndefined();
    expect(await sumOfOrders(rows.reader, 'c-half')).toMatchObject({
      ordersPlaced: 2,
      lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 1_700n }],
    });
  });
});
