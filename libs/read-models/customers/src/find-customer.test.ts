import { shardOf } from '@meridian/kernel';
import type { Reader } from '@meridian/projection';
import { expect, it } from 'vitest';
import { findCustomer } from './find-customer.ts';

it('tells of a customer whose orders are worth more than 64 bits hold: the sum stops there', async () => {
  const none = Buffer.alloc(0);
  const customer = {
    customer_id: 'whale',
    name: none,
    email: none,
    address: none,
    country: 'France',
    erased: false,
    registered_at: new Date(0),
    version: 1n,
    position: 1n,
  };
  const order = (order_id: string) => ({
    order_id,
    amount_minor: 2n ** 62n,
    currency: 'GBP',
    orders: 1,
    position: 2n,
  });
  const reader: Reader = {
    generation: 1,
    select: ({ name }) =>
      Promise.resolve(
        name.endsWith('customer') ? [customer] : ['a', 'b', 'c'].map((orderId) => order(orderId)),
      ),
  };
  expect(await findCustomer(reader, 'whale')).toMatchObject({
    ordersPlaced: 3,
    lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 2n ** 63n - 1n }],
  });
});

it('adds up 150,000 orders of one customer, a part at a time', async () => {
  const none = Buffer.alloc(0);
  const customer = {
    customer_id: 'large',
    name: none,
    email: none,
    address: none,
    country: 'France',
    erased: false,
    registered_at: new Date(0),
    version: 1n,
    position: 1n,
  };
  const values = Array.from({ length: 150_000 }, (_, n) => ({
    order_id: String(n).padStart(6, '0'),
    order_version: 1n,
    amount_minor: 2n,
    currency: 'GBP',
    orders: 1,
    position: BigInt(n + 1),
  }));
  const buckets = Map.groupBy(values, ({ order_id }) => shardOf(order_id));
  let most = 0;
  const reader: Reader = {
    generation: 1,
    select: ({ name }, _columns, rest, [, bucket, ...bounds]) => {
      if (name.endsWith('customer')) return Promise.resolve([customer]);
      const limit = rest.includes('LIMIT ?')
        ? Number(rest.includes('IN (') ? bucket : bounds.at(-1))
        : Infinity;
      const after = rest.includes(' > ') ? String(bounds[0]) : '';
      const all = rest.includes('IN (') ? values : (buckets.get(Number(bucket)) ?? []);
      const found = all.filter(({ order_id }) => order_id > after).slice(0, limit);
      most = Math.max(most, found.length);
      return Promise.resolve(found);
    },
  };
  const found = await findCustomer(reader, 'large');
  expect(found).toMatchObject({
    ordersPlaced: 150_000,
    lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 300_000n }],
  });
  expect([...(found?.includes.values() ?? [])].sort((a, b) => Number(b - a))[0]).toBe(150_000n);
  expect(most).toBeLessThanOrEqual(5_000);
});
