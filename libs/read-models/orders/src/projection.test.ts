import {
  assertOrderChangesNothing,
  assertReplayChangesNothing,
  goldenHash,
  mutationsOf,
} from '@meridian/projection/testing';
import { describe, expect, it } from 'vitest';
import { monthOf, ordersProjection } from './projection.ts';
import { cancelled, delivered, keysOf, paid, placed, returnedOne, shipped } from './testing/events.ts';

const placedAt = new Date('2026-03-04T10:00:00Z');
const keys = keysOf('order-1', 'c-1', placedAt);

const events = [
  placed(keys, 7n),
  paid(keys, 2n, 8n),
  shipped(keys, 3n, 9n),
  delivered(keys, 4n, 10n),
  returnedOne(keys, 5n, 11n),
  cancelled(keysOf('order-2', 'c-1', placedAt), 2n, 12n),
];

describe('the orders projection', () => {
  it('writes a placed order: head, step with its lines, place in the list, and month', () => {
    const mutations = mutationsOf(ordersProjection, placed(keys, 7n));
    expect(mutations.map(({ table, kind }) => `${kind} ${table}`)).toEqual([
      'write-static order_step',
      'write order_step',
      'write-static order_by_customer',
      'write order_by_customer',
      'write customer_month',
    ]);
    expect(mutations[0]).toMatchObject({
      key: { order_id: 'order-1' },
      cells: {
        customer_id: 'c-1',
        status: 'placed',
        total_minor: 1_000n,
        placed_at: placedAt,
        version: 1n,
        position: 7n,
      },
    });
    expect(mutations[3]).toMatchObject({
      key: { customer_id: 'c-1', month: 202_603, placed_at: placedAt, order_id: 'order-1' },
      cells: { status: 'placed', version: 1n },
    });
  });

  it('leaves the status as it is when pieces come back', () => {
    const mutations = mutationsOf(ordersProjection, returnedOne(keys, 4n, 10n));
    expect(mutations[0]).toMatchObject({ kind: 'write-static', cells: { status: undefined, version: 4n } });
    expect(mutations.at(-1)).toMatchObject({
      table: 'order_by_customer',
      cells: { status: undefined, returned: true, version: 4n },
    });
  });

  it.each([
    ['placed', placed(keys, 7n), ''],
    ['paid', paid(keys, 2n, 8n), 'pay-1'],
    ['shipped', shipped(keys, 3n, 9n), 'Post T1'],
    ['delivered', delivered(keys, 4n, 10n), ''],
    ['cancelled', cancelled(keys, 2n, 8n), 'changed mind'],
  ])('shows an order that was %s as such, with a step of its history', (status, event, note) => {
    const [head, step, , listed] = mutationsOf(ordersProjection, event);
    expect(head).toMatchObject({ cells: { status } });
    expect(listed).toMatchObject({ table: 'order_by_customer', cells: { status } });
    expect(step).toMatchObject({
      key: { order_id: 'order-1', order_version: event.version },
      cells: { event_type: event.type, recorded_at: event.time, note },
    });
  });

  it.each([placed(keys, 7n), paid(keys, 2n, 8n), cancelled(keys, 2n, 9n), returnedOne(keys, 4n, 10n)])(
    'tells the month of an order that it was written to, whatever happened: $type',
    (event) => {
      expect(mutationsOf(ordersProjection, event)).toContainEqual({
        table: 'order_by_customer',
        kind: 'write-static',
        key: { customer_id: 'c-1', month: 202_603 },
        cells: { [`last_position_${event.shard}`]: event.position },
      });
    },
  );

  it('removes nothing, whatever happens to an order', () => {
    const events = [placed(keys, 7n), cancelled(keys, 2n, 8n), returnedOne(keys, 4n, 10n)];
    expect(mutationsOf(ordersProjection, ...events).some(({ kind }) => kind === 'remove')).toBe(false);
  });

  it('gives what this version has always given: changed output is a new version', () => {
    expect({
      version: ordersProjection.version,
      hash: goldenHash(ordersProjection, events),
    }).toEqual({ version: 3, hash: '665ac511deb324cd73beafdf7b7681562f3f8b881ed38f791b5a43b77612f317' });
  });

  it('shows the same rows when events come again', () => {
    assertReplayChangesNothing(ordersProjection, events);
  });

  it('shows the same rows whichever events come first', () => {
    assertOrderChangesNothing(ordersProjection, events);
  });
});

describe('the month of a customer’s list', () => {
  it('is the month in UTC, as a number that sorts', () => {
    expect(monthOf(new Date('2026-12-31T23:59:59Z'))).toBe(202_612);
    expect(monthOf(new Date('2027-01-01T00:00:00Z'))).toBe(202_701);
  });
});
