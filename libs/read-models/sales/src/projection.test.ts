import { assertReplayChangesNothing, goldenHash, mutationsOf } from '@meridian/projection/testing';
import { describe, expect, it } from 'vitest';
import { salesProjection } from './projection.ts';
import { cancelled, paid, placed, returned } from './testing/events.ts';

const line = { productId: '85123A', quantity: 3n, unitPriceMinor: 200n };
const order = { orderId: 'order-1', lines: [line] };
const dayKey = (month: number, day: string) => ({ month, day, country: 'France', currency: 'GBP' });

const events = [
  placed(order, 7n),
  paid(order, 8n),
  returned(order, 3n, 9n, { lines: [line], day: '2026-04-02' }),
  cancelled({ ...order, orderId: 'order-2' }, 10n, '2026-04-03'),
];

describe('the sales projection', () => {
  it('adds a placed order to the day of placing, and each line to its product', () => {
    expect(mutationsOf(salesProjection, placed(order, 7n))).toEqual([
      {
        table: 'daily_sales',
        kind: 'add',
        key: dayKey(202_603, '2026-03-04'),
        addends: { orders_placed: 1n, placed_minor: 600n },
        labels: {},
      },
      {
        table: 'product_sales',
        kind: 'add',
        key: { day: '2026-03-04', currency: 'GBP', product_id: '85123A' },
        addends: { units: 3n, revenue_minor: 600n },
        labels: { product_name: 'name of 85123A' },
      },
    ]);
  });

  it('counts a cancelled order on the day of the cancellation', () => {
    const [daily, product] = mutationsOf(salesProjection, cancelled(order, 9n, '2026-04-01'));
    expect(daily).toMatchObject({
      key: dayKey(202_604, '2026-04-01'),
      addends: { orders_cancelled: 1n, cancelled_minor: 600n },
    });
    expect(product).toMatchObject({
      key: { day: '2026-04-01' },
      addends: { units: -3n, revenue_minor: -600n },
    });
  });

  it('counts what came back on the day of the return', () => {
    const back = { lines: [{ ...line, quantity: 1n }], day: '2026-04-02' };
    const [daily, product] = mutationsOf(salesProjection, returned(order, 4n, 9n, back));
    expect(daily).toMatchObject({ key: dayKey(202_604, '2026-04-02'), addends: { returned_minor: 200n } });
    expect(product).toMatchObject({
      key: { day: '2026-04-02' },
      addends: { units: -1n, revenue_minor: -200n },
    });
  });

  it('takes nothing from payments', () => {
    expect(mutationsOf(salesProjection, paid(order, 8n))).toEqual([]);
  });

  it('gives what this version has always given: changed output is a new version', () => {
    expect({
      version: salesProjection.version,
      hash: goldenHash(salesProjection, events),
    }).toEqual({ version: 1, hash: '9aa2cee7f72c819670af93ff691f004ff9d3f509dfbd453b0e9361f8be7a2e63' });
  });

  it('shows the same rows when events come again', () => {
    assertReplayChangesNothing(salesProjection, events);
  });
});
