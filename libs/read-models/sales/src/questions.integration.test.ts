import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { openTestRows, type TestRows } from '@meridian/read-model-testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listDailySales, productSalesBetween, type DailySalesKey, type DailySalesRow } from './index.ts';
import { salesProjection } from './projection.ts';
import { cancelled, placed, returned } from './testing/events.ts';

const line = (productId: string, quantity: bigint, unitPriceMinor: bigint) => ({
  productId,
  quantity,
  unitPriceMinor,
});

describe('questions about sales', () => {
  let rows: TestRows;
  beforeAll(async () => {
    rows = await openTestRows(salesProjection);
  });
  afterAll(() => rows.close());

  /** All pages, each of so many rows. */
  async function dailySalesBetween(fromDay: string, toDay: string, limit: number) {
    const all: DailySalesRow[] = [];
    for (let after: DailySalesKey | undefined; ;) {
      const page = await listDailySales(rows.reader, { fromDay, toDay, limit, after });
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      all.push(...page.rows);
      if (!page.next) return all;
      after = page.next;
    }
  }

  it('sums the shares of all Kafka partitions, and counts nothing twice when events come again', async () => {
    const orders = Array.from({ length: 40 }, (_, n) => ({
      orderId: `order-${n}`,
      lines: [line('A', 2n, 100n), line('B', 1n, 50n), line('A', 1n, 100n)],
    }));
    const events = orders.map((order, n) => placed(order, BigInt(n + 1)));
    await rows.apply(...events.slice(0, 25));
    await rows.apply(...events.slice(10));
    await rows.apply(...events);
    const [first] = orders;
    const back = returned(first!, 4n, 50n, { lines: [line('A', 1n, 100n)], day: '2026-03-05' });
    const other = returned(orders[1]!, 4n, 51n, { lines: [line('B', 1n, 50n)], day: '2026-03-05' });
    await rows.apply(back, other, cancelled(orders[2]!, 52n, '2026-03-05'));
    await rows.apply(back);
    const daily = await dailySalesBetween('2026-03-01', '2026-03-31', 1);
    expect(daily).toMatchObject([
      {
        day: '2026-03-04',
        country: 'France',
        currencyCode: 'GBP',
        ordersPlaced: 40n,
        ordersCancelled: 0n,
        placedMinor: 14_000n,
        cancelledMinor: 0n,
        returnedMinor: 0n,
      },
      {
        day: '2026-03-05',
        country: 'France',
        currencyCode: 'GBP',
        ordersPlaced: 0n,
        ordersCancelled: 1n,
        placedMinor: 0n,
        cancelledMinor: 350n,
        returnedMinor: 150n,
      },
    ]);
    expect(daily[1]?.includes).toEqual(
      new Map([
        [partitionKey('orders', shardOf('order-0')), 50n],
        [partitionKey('orders', shardOf('order-1')), 51n],
        [partitionKey('orders', shardOf('order-2')), 52n],
      ]),
    );
    const { products } = await productSalesBetween(rows.reader, {
      fromDay: '2026-03-04',
      toDay: '2026-03-05',
      currency: 'GBP',
    });
    const figures = products.map(({ productId, units, revenueMinor }) => ({
      productId,
      units,
      revenueMinor,
    }));
    expect(figures.sort((a, b) => (a.productId < b.productId ? -1 : 1))).toEqual([
      { productId: 'A', units: 116n, revenueMinor: 11_600n },
      { productId: 'B', units: 38n, revenueMinor: 1_900n },
    ]);
  });

  it('gives days, countries and currencies in order, over a turn of the year, and no day outside', async () => {
    const tell = (orderId: string, day: string, country: string, currencyCode: string, position: bigint) =>
      placed({ orderId, day, country, currencyCode, lines: [line('A', 1n, 1n)] }, position);
    await rows.apply(
      tell('y-1', '2027-01-01', 'Spain', 'GBP', 101n),
      tell('y-2', '2027-01-01', 'France', 'GBP', 102n),
      tell('y-3', '2027-01-01', 'France', 'EUR', 103n),
      tell('y-4', '2026-12-31', 'Spain', 'GBP', 104n),
      tell('y-5', '2026-12-30', 'Spain', 'GBP', 105n),
    );
    const daily = await dailySalesBetween('2026-12-31', '2027-01-01', 1);
    expect(daily.map((row) => `${row.day} ${row.country} ${row.currencyCode}`)).toEqual([
      '2026-12-31 Spain GBP',
      '2027-01-01 France EUR',
      '2027-01-01 France GBP',
      '2027-01-01 Spain GBP',
    ]);
  });

  it('calls a product by the name that its latest event gave', async () => {
    const named = (orderId: string, productName: string, position: bigint) =>
      placed({ orderId, day: '2028-01-01', lines: [{ ...line('N', 1n, 1n), productName }] }, position);
    // The latest event is in the partition that is read first.
    const [first, second, third] = ['n-1', 'n-2', 'order-0'].sort((a, b) => shardOf(a) - shardOf(b));
    await rows.apply(named(first!, 'new', 203n), named(second!, 'old', 201n), named(third!, 'between', 202n));
    const { products } = await productSalesBetween(rows.reader, {
      fromDay: '2028-01-01',
      toDay: '2028-01-01',
      currency: 'GBP',
    });
    expect(products).toMatchObject([{ productName: 'new', units: 3n }]);
  });
});
