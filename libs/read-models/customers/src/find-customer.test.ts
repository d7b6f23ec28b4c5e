import type { Reader } from '@meridian/projection';
import { expect, it } from 'vitest';
import { findCustomer } from './find-customer.ts';

it('tells of a customer whose orders are worth more than 64 bits hold: the sum stops there', async () => {
  const none = Buffer.alloc(0);
  const customer = {
    ...{ customer_id: 'whale', name: none, email: none, address: none, country: 'France', erased: false },
    ...{ registered_at: new Date(0), version: 1n, position: 1n },
  };
  const order = (order_id: string) => ({
    ...{ order_id, amount_minor: 2n ** 62n, currency: 'GBP', orders: 1, position: 2n },
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
