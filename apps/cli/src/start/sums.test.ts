import { DailySales, GetDailySalesResponse, GetOrderResponse } from '@meridian/contracts';
import { describe, expect, it } from 'vitest';
import { plannedOrder } from '../import/testing/planned-order.ts';
import { askSums, type SalesQuestions } from './sums.ts';

const DAY = '2010-12-01';
const UK = 'United Kingdom';
const KEY = `${UK}/GBP`;
const gbp = (amountMinor: bigint) => ({ currencyCode: 'GBP', amountMinor });
const sold = (country: string, ordersPlaced: bigint, amountMinor: bigint, day = DAY) =>
  DailySales.fromPartial({ day, country, ordersPlaced, revenue: gbp(amountMinor) });

/** A region with these sales, in which every order is worth 20.00 less 5.00 returned. */
function region(rows: readonly DailySales[]): { client: SalesQuestions; asked: string[] } {
  const asked: string[] = [];
  const client: SalesQuestions = {
    sales: { getDailySales: async () => GetDailySalesResponse.fromPartial({ rows: [...rows] }) },
    orders: {
      async getOrder({ orderId = '' }) {
        asked.push(orderId);
        const summary = { orderId, total: gbp(2_000n), returned: gbp(500n) };
        return GetOrderResponse.fromPartial({ order: { summary } });
      },
    },
  };
  return { client, asked };
}

const file = ['536365', '536366'].map((orderId) => plannedOrder(orderId, [['85123A', 6n, 255n]]));

describe('askSums', () => {
  it('is what the sales of the days say, where nobody else sold', async () => {
    const { client, asked } = region([
      sold(UK, 1n, 1_200n),
      sold(UK, 1n, 1_700n),
      sold(UK, 9n, 7n, '2010-12-02'),
    ]);
    expect(await askSums(client, [DAY], file)).toEqual({
      orders: 2n,
      otherOrders: 0n,
      revenue: new Map([[KEY, 2_900n]]),
    });
    expect(asked).toEqual([]);
  });

  it('sums the file’s orders one by one where others were placed too, and leaves the others out', async () => {
    const { client, asked } = region([sold(UK, 5n, 999_999n), sold('Chile', 1n, 100n)]);
    expect(await askSums(client, [DAY], file)).toEqual({
      orders: 2n,
      otherOrders: 4n,
      revenue: new Map([[KEY, 3_000n]]),
    });
    expect(asked).toEqual(['536365', '536366']);
  });

  it('does not hide that an order of the file is missing', async () => {
    const { client } = region([sold(UK, 1n, 1_500n)]);
    expect(await askSums(client, [DAY], file)).toMatchObject({
      orders: 1n,
      revenue: new Map([[KEY, 1_500n]]),
    });
  });
});
