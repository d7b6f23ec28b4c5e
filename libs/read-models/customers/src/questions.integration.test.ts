import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { openTestRows, type TestRows } from '@meridian/read-model-testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCustomer } from './index.ts';
import { customersProjection } from './projection.ts';
import {
  cancelled,
  erased,
  keysOf,
  placed,
  registered,
  registeredAt,
  returned,
  updated,
} from './testing/events.ts';

describe('questions about customers', () => {
  let rows: TestRows;
  beforeAll(async () => {
    rows = await openTestRows(customersProjection);
  });
  afterAll(() => rows.close());

  it('finds a customer with orders placed and lifetime value by currency, less what was cancelled and returned', async () => {
    const [kept, gone, inEuro] = [
      keysOf('order-1', 'c-1', 1_000n),
      keysOf('order-2', 'c-1', 500n),
      keysOf('order-3', 'c-1', 300n, 'EUR'),
    ];
    await rows.apply(
      registered('c-1', 1n),
      placed(kept, 2n),
      placed(gone, 3n),
      placed(inEuro, 4n),
      cancelled(gone, 2n, 5n),
      returned(kept, 2n, 6n, 150n),
      returned(kept, 3n, 7n, 50n),
      updated('c-1', 2n, 8n),
    );
    expect(await findCustomer(rows.reader, 'c-1')).toEqual({
      customerId: 'c-1',
      sealed: {
        name: Buffer.from('sealed name 2'),
        email: Buffer.from('sealed email 2'),
        address: Buffer.alloc(0),
      },
      country: 'Spain',
      erased: false,
      registeredAt,
      version: 2n,
      ordersPlaced: 2,
      lifetimeValue: [
        { currencyCode: 'EUR', amountMinor: 300n },
        { currencyCode: 'GBP', amountMinor: 800n },
      ],
      includes: new Map([
        [partitionKey('customers', shardOf('c-1')), 8n],
        [partitionKey('orders', shardOf('order-1')), 7n],
        [partitionKey('orders', shardOf('order-2')), 5n],
        [partitionKey('orders', shardOf('order-3')), 4n],
      ]),
    });
  });

  it('counts nothing twice when events come again', async () => {
    const keys = keysOf('order-9', 'c-2', 1_000n);
    await rows.apply(registered('c-2', 20n), placed(keys, 21n), returned(keys, 2n, 22n, 100n));
    await rows.apply(returned(keys, 2n, 22n, 100n));
    await rows.apply(placed(keys, 21n), returned(keys, 2n, 22n, 100n));
    expect(await findCustomer(rows.reader, 'c-2')).toMatchObject({
      ordersPlaced: 1,
      lifetimeValue: [{ currencyCode: 'GBP', amountMinor: 900n }],
    });
  });

  it('does not take orders for a customer: one that never registered is not there', async () => {
    await rows.apply(placed(keysOf('order-10', 'c-3', 1n), 30n));
    expect(await findCustomer(rows.reader, 'c-3')).toBeUndefined();
  });

  it('shows nothing of an erased customer but the figures', async () => {
    await rows.apply(registered('c-4', 40n), erased('c-4', 2n, 41n));
    await rows.apply(registered('c-4', 40n));
    const customer = await findCustomer(rows.reader, 'c-4');
    const nothing = Buffer.alloc(0);
    expect(customer).toMatchObject({ erased: true, version: 2n, sealed: { name: nothing, email: nothing } });
  });

  it('does not show a customer whose registration is not known yet', async () => {
    await rows.apply(updated('c-5', 2n, 51n), erased('c-6', 2n, 61n));
    expect(await findCustomer(rows.reader, 'c-5')).toBeUndefined();
    expect(await findCustomer(rows.reader, 'c-6')).toBeUndefined();
    await rows.apply(registered('c-5', 50n));
    expect(await findCustomer(rows.reader, 'c-5')).toMatchObject({ country: 'Spain', registeredAt });
  });
});
