import type { Order } from '@meridian/contracts';
import { describe, expect, it, vi } from 'vitest';
import { existingOrder, isOrderOf } from './existing-order.ts';
import { createPatience } from './patience.ts';
import { plannedOrder } from './testing/planned-order.ts';
import { failureIn, Refused, servicesInMemory } from './testing/services.ts';

vi.mock('@meridian/client', async (original) => ({
  ...(await original<object>()),
  failureOf: (error: unknown) => failureIn(error),
}));

const gbp = (amountMinor: bigint) => ({ currencyCode: 'GBP', amountMinor });

function placed(changed: Partial<Order['lines'][number]> = {}, customerId = '17850'): Order {
  const line = { lineNo: 1, productId: '85123A', productName: 'HEART', quantity: 6n, returnedQuantity: 0n };
  return {
    summary: {
      orderId: '536365',
      customerId,
      country: 'United Kingdom',
      status: 3,
      version: 3n,
      total: gbp(1_530n),
      returned: gbp(0n),
      placedAt: new Date('2010-12-01T08:26:00Z'),
    },
    lines: [{ ...line, unitPrice: gbp(255n), ...changed }],
    history: [],
    historyTotal: 0n,
  };
}

describe('isOrderOf', () => {
  const order = plannedOrder('536365', [['85123A', 6n, 255n]]);

  it('knows an order by customer, articles, pieces and prices, whatever came back of it since', () => {
    expect(isOrderOf(order, placed())).toBe(true);
    expect(isOrderOf(order, placed({ returnedQuantity: 6n }))).toBe(true);
  });

  it.each([
    ['customer', placed({}, '13047')],
    ['article', placed({ productId: '71053' })],
    ['pieces', placed({ quantity: 5n })],
    ['price', placed({ unitPrice: gbp(254n) })],
    ['time', { ...placed(), summary: { ...placed().summary!, placedAt: new Date('2010-01-12T08:26:00Z') } }],
    ['currency', placed({ unitPrice: { currencyCode: 'EUR', amountMinor: 255n } })],
    ['number of lines', { ...placed(), lines: [...placed().lines, ...placed().lines] }],
  ])('tells an order of another %s apart', (_, other) => {
    expect(isOrderOf(order, other)).toBe(false);
  });
});

describe('existingOrder', () => {
  it('waits for a region that does not know the order yet', async () => {
    const { client, calls } = servicesInMemory();
    const found = existingOrder('536365', { client, patiently: createPatience() });
    await expect.poll(() => calls.length).toBeGreaterThan(2);
    const [line] = placed().lines;
    await client.orders.placeOrder({
      requestId: 'r',
      orderId: '536365',
      customerId: '17850',
      lines: line ? [{ productId: line.productId, quantity: 6n, unitPrice: gbp(255n) }] : [],
    });
    expect(await found).toMatchObject({ kind: 'accepted', answer: { summary: { orderId: '536365' } } });
  });

  it('is refused when the region says why it does not show the order', async () => {
    const { client } = servicesInMemory();
    const getOrder = () => Promise.reject(new Refused('AGGREGATE_PARKED'));
    const asking = {
      client: { ...client, orders: { ...client.orders, getOrder } },
      patiently: createPatience(),
    };
    expect(await existingOrder('536365', asking)).toEqual({ kind: 'refused', reason: 'AGGREGATE_PARKED' });
  });
});
