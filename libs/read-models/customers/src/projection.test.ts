import {
  assertOrderChangesNothing,
  assertReplayChangesNothing,
  goldenHash,
  mutationsOf,
} from '@meridian/projection/testing';
import { shardOf } from '@meridian/kernel';
import { describe, expect, it } from 'vitest';
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

const keys = keysOf('order-1', 'c-1', 1_000n);

const events = [
  registered('c-1', 7n),
  updated('c-1', 2n, 8n),
  erased('c-1', 3n, 9n),
  placed(keys, 10n),
  cancelled(keys, 2n, 11n),
  returned(keys, 3n, 12n, 250n),
];

describe('the customers projection', () => {
  it('writes a customer with personal data as it came: sealed', () => {
    const [mutation] = mutationsOf(customersProjection, registered('c-1', 7n));
    expect(mutation).toEqual({
      table: 'customer',
      kind: 'write',
      key: { customer_id: 'c-1' },
      cells: {
        name: Buffer.from('sealed name 1'),
        email: Buffer.from('sealed email 1'),
        address: Buffer.alloc(0),
        country: 'France',
        erased: false,
        registered_at: registeredAt,
        version: 1n,
        position: 7n,
      },
    });
  });

  it('empties the personal data of an erased customer', () => {
    const [mutation] = mutationsOf(customersProjection, erased('c-1', 3n, 9n));
    const nothing = Buffer.alloc(0);
    expect(mutation).toMatchObject({
      cells: { name: nothing, email: nothing, address: nothing, erased: true, version: 3n, position: 9n },
    });
  });

  it('writes what each event of an order is worth into a row of its own', () => {
    const events = [placed(keys, 10n), returned(keys, 4n, 13n, 250n), cancelled(keys, 5n, 14n)];
    expect(mutationsOf(customersProjection, ...events)).toEqual(
      [
        { version: 1n, cells: { amount_minor: 1_000n, currency: 'GBP', orders: 1, position: 10n } },
        { version: 4n, cells: { amount_minor: -250n, currency: 'GBP', orders: 0, position: 13n } },
        { version: 5n, cells: { amount_minor: -1_000n, currency: 'GBP', orders: -1, position: 14n } },
      ].map(({ version, cells }) => ({
        table: 'customer_order_value',
        kind: 'write',
        key: { customer_id: 'c-1', bucket: shardOf('order-1'), order_id: 'order-1', order_version: version },
        cells,
      })),
    );
  });

  it('never writes the row of the customer for an event of an order: each cell has one owner', () => {
    const tables = mutationsOf(customersProjection, placed(keys, 10n), cancelled(keys, 2n, 11n)).map(
      (m) => m.table,
    );
    expect(new Set(tables)).toEqual(new Set(['customer_order_value']));
  });

  it('gives what this version has always given: changed output is a new version', () => {
    expect({
      version: customersProjection.version,
      hash: goldenHash(customersProjection, events),
    }).toEqual({ version: 2, hash: '2fd0990be42196f7cae7a4dcb4152d9a2b39e6120a097baf18e0594a75948b9d' });
  });

  it('shows the same rows when events come again', () => {
    assertReplayChangesNothing(customersProjection, events);
  });

  it('shows the same rows whichever events come first', () => {
    assertOrderChangesNothing(customersProjection, events);
  });
});
