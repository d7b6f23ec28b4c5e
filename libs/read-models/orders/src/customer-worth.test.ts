import type { Row } from '@meridian/cassandra';
import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { Reader } from '@meridian/projection';
import { describe, expect, it } from 'vitest';
import { sumOfOrders } from './customer-worth.ts';
import { packLines } from './lines.ts';
import { monthOf } from './projection.ts';
import { customerMonths, ordersByCustomer, orderSteps } from './tables.ts';

/** The nth order of a customer, of three months in turn. */
function orderRow(n: number, cells: Row = {}): Row {
  const placed_at = new Date(Date.UTC(2026, n % 3, 1 + (n % 28), 0, 0, n % 60));
  return {
    customer_id: 'c',
    month: monthOf(placed_at),
    placed_at,
    order_id: `o-${String(n).padStart(6, '0')}`,
    country: 'France',
    currency: 'GBP',
    status: 'placed',
    total_minor: 2n,
    version: 1n,
    position: BigInt(n + 1),
    ...cells,
  };
}

/** A reader of these orders, each with one step after its first. It heeds the bounds of a month, and notes what it was asked. */
function reading(rows: readonly Row[]) {
  const newestFirst = rows.toSorted((a, b) => Number(b['placed_at']) - Number(a['placed_at']));
  const months = Map.groupBy(newestFirst, (row) => Number(row['month']));
  const places = new Map(
    [...months.values()].flatMap((all) => all.map((row, at) => [String(row['order_id']), at] as const)),
  );
  const asked = { most: 0, parts: 0, looks: 0, looksAtOnce: 0, mostLooksAtOnce: 0 };
  async function lookAt(orderId: string): Promise<readonly Row[]> {
    asked.looks += 1;
    asked.looksAtOnce += 1;
    asked.mostLooksAtOnce = Math.max(asked.mostLooksAtOnce, asked.looksAtOnce);
    await new Promise((resolve) => setImmediate(resolve));
    asked.looksAtOnce -= 1;
    const line = { lineNo: 1, productId: 'p', productName: 'name', quantity: 1n, unitPriceMinor: 1n };
    return rows
      .filter((row) => row['order_id'] === orderId)
      .map((row) => ({ ...row, order_version: 2n, event_type: 'ItemsReturned', lines: packLines([line]) }));
  }
  const select: Reader['select'] = async ({ name }, _columns, rest, params) => {
    if (name === orderSteps.name) return lookAt(String(params[0]));
    if (name === customerMonths.name) return [...months.keys()].map((month) => ({ month }));
    if (name !== ordersByCustomer.name) throw new Error(`${name} is not asked for`);
    const [, month, placedAt, orderId] = params;
    const all = months.get(Number(month)) ?? [];
    const isFirst = !rest.includes('(placed_at, order_id) < (?, ?)');
    const start = isFirst ? 0 : (places.get(String(orderId)) ?? 0) + 1;
    if (!isFirst) expect(all[start - 1]).toMatchObject({ placed_at: placedAt, order_id: orderId });
    const found = all.slice(start, start + Number(params.at(-1)));
    asked.most = Math.max(asked.most, found.length);
    asked.parts += 1;
    return found;
  };
  return { reader: { generation: 1, select }, asked };
}

describe('the worth of a customer’s orders', () => {
  it('is added up for 151,000 orders, a part at a time', async () => {
    const rows = Array.from({ length: 151_000 }, (_, n) => orderRow(n));
    const { reader, asked } = reading(rows);
    const found = await sumOfOrders(reader, 'c');
    expect(found).toMatchObject({
      ordersPlaced: 151_000,
      lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 302_000n }],
    });
    expect(found.includes.size).toBe(12);
    expect([...found.includes.values()].toSorted((a, b) => Number(b - a))[0]).toBe(151_000n);
    expect(asked.most).toBeLessThanOrEqual(5_000);
    expect(asked.looks).toBe(0);
  });

  it('stops at what 64 bits hold', async () => {
    const rows = [0, 1, 2].map((n) => orderRow(n, { total_minor: 2n ** 62n }));
    expect(await sumOfOrders(reading(rows).reader, 'c')).toMatchObject({
      ordersPlaced: 3,
      lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 2n ** 63n - 1n }],
    });
  });

  it('is less what came back, which a few orders at once are looked at for', async () => {
    const rows = Array.from({ length: 300 }, (_, n) =>
      orderRow(n, n % 3 > 0 ? { returned: true, version: 2n } : {}),
    );
    const { reader, asked } = reading(rows);
    expect(await sumOfOrders(reader, 'c')).toMatchObject({
      ordersPlaced: 300,
      lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 400n }],
    });
    expect(asked.looks).toBe(200);
    expect(asked.mostLooksAtOnce).toBeLessThanOrEqual(16);
  });

  it('has nothing of a cancelled order, and names its cancellation', async () => {
    const cancelled = orderRow(2, { status: 'cancelled', version: 2n });
    const { includes, ...sums } = await sumOfOrders(reading([orderRow(1), cancelled]).reader, 'c');
    expect(sums).toEqual({ ordersPlaced: 1, lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 2n }] });
    expect(includes.get(partitionKey('orders', shardOf(String(cancelled['order_id']))))).toBe(3n);
  });

  it('has an order of this month once, and names the event that it shows', async () => {
    const placed_at = new Date();
    const row = orderRow(1, { placed_at, month: monthOf(placed_at) });
    expect(await sumOfOrders(reading([row, orderRow(2)]).reader, 'c')).toMatchObject({ ordersPlaced: 2 });
    const { includes } = await sumOfOrders(reading([row]).reader, 'c');
    expect(includes).toEqual(new Map([[partitionKey('orders', shardOf(String(row['order_id']))), 2n]]));
  });

  it('has no order of a month that no placing has named, the current one neither', async () => {
    const placed_at = new Date();
    const row = orderRow(1, { placed_at, month: monthOf(placed_at), status: 'paid', version: 2n });
    const { reader } = reading([row, orderRow(2)]);
    // The placing was discarded, and no other order was placed in this month.
    const select: Reader['select'] = async (table, ...question) => {
      const rows = await reader.select(table, ...question);
      return table.name === customerMonths.name ? rows.filter(({ month }) => month !== row['month']) : rows;
    };
    expect(await sumOfOrders({ ...reader, select }, 'c')).toEqual(
      await sumOfOrders(reading([orderRow(2)]).reader, 'c'),
    );
  });

  it('is read no further once nobody waits', async () => {
    const { reader, asked } = reading(Array.from({ length: 150_000 }, (_, n) => orderRow(n)));
    const gone = new AbortController();
    const select: Reader['select'] = async (...question) => {
      const rows = await reader.select(...question);
      if (rows.length > 1_000) gone.abort(new Error('nobody waits'));
      return rows;
    };
    await expect(sumOfOrders({ ...reader, select }, 'c', { signal: gone.signal })).rejects.toThrow(
      'nobody waits',
    );
    expect(asked.parts).toBeLessThan(9);
  });
});
