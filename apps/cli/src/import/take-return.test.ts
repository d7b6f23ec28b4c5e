import { describe, expect, it, vi } from 'vitest';
import { importIds } from './import-ids.ts';
import { createPatience } from './patience.ts';
import { takeReturn } from './take-return.ts';
import { invoiceLine } from './testing/planned-order.ts';
import { failureIn, servicesInMemory } from './testing/services.ts';

vi.mock('@meridian/client', async (original) => ({
  ...(await original<object>()),
  failureOf: (error: unknown) => failureIn(error),
}));
vi.mock('node:timers/promises', async (original) => ({
  ...(await original<object>()),
  setTimeout: async () => undefined,
}));

const orderId = '536365';
const gbp = (amountMinor: bigint) => ({ currencyCode: 'GBP', amountMinor });
const back = {
  invoiceNo: 'C536379',
  orderId,
  lineNo: 1,
  quantity: 1n,
  returnedAt: new Date('2010-12-02T08:26:00Z'),
};
function planned(lineNo: number) {
  const credit = invoiceLine({ lineNo, invoiceNo: back.invoiceNo, quantity: -1n });
  return { ...back, credit, noteLines: [credit], candidates: [orderId] };
}
const isOld = () => true;

/** An order with 250 returned pieces, by this credit line first. */
async function returnedLongAgo(lineNo: number) {
  const services = servicesInMemory();
  const { client } = services;
  await client.orders.placeOrder({
    requestId: 'place',
    orderId,
    customerId: '17850',
    lines: [{ productId: '85123A', quantity: 1_000n, unitPrice: gbp(255n) }],
  });
  await client.orders.payOrder({ requestId: 'pay', orderId });
  await client.orders.shipOrder({ requestId: 'ship', orderId });
  const sending = { client, ids: importIds('file'), patiently: createPatience() };
  expect(await takeReturn(planned(lineNo), 1, isOld, sending)).toBeUndefined();
  for (let n = 0; n < 249; n++)
    await client.orders.returnItems({
      requestId: `return-${n}`,
      orderId,
      reason: `other ${n}`,
      lines: [{ lineNo: 1, quantity: 1n }],
    });
  services.forgetRequests();
  return { ...services, sending };
}

describe('a credit line', () => {
  it('brings nothing back again, however much came back since', async () => {
    const { orders, sending } = await returnedLongAgo(5);
    expect(await takeReturn(planned(5), 1, isOld, sending)).toBeUndefined();
    expect(orders.get(orderId)?.returns).toHaveLength(250);
  });

  it('is refused where its credit note brought something back by another line, however long ago', async () => {
    const { orders, sending } = await returnedLongAgo(5);
    expect(await takeReturn(planned(6), 1, isOld, sending)).toBe('CREDIT_NOTE_EXISTS');
    expect(orders.get(orderId)?.returns).toHaveLength(250);
  });

  it('leaves the note by which it is known, and knows the note that earlier versions left', async () => {
    const { client, orders, sending } = await returnedLongAgo(5);
    expect(orders.get(orderId)?.returns[0]?.reason).toBe(
      'credit note C536379, line 5: 1 of 85123A at 2.55 GBP',
    );
    const reason = 'credit note C536379, line 6';
    await client.orders.returnItems({
      requestId: 'earlier',
      orderId,
      reason,
      lines: [{ lineNo: 1, quantity: 1n }],
    });
    expect(await takeReturn(planned(6), 1, isOld, sending)).toBeUndefined();
    expect(orders.get(orderId)?.returns).toHaveLength(251);
  });

  it('is refused when the region does not show the newest state of the order in some seconds', async () => {
    const { client, calls, orders, sending } = await returnedLongAgo(5);
    const shown = await client.orders.getOrder({ orderId });
    await client.orders.returnItems({
      requestId: 'newest',
      orderId,
      reason: 'newest',
      lines: [{ lineNo: 1, quantity: 1n }],
    });
    const getOrder = async () => ({ ...shown, order: shown.order && { ...shown.order, historyTotal: 0n } });
    const behind = { ...sending, client: { ...client, orders: { ...client.orders, getOrder } } };
    const before = calls.length;
    expect(await takeReturn(planned(7), 1, isOld, behind)).toBe('VERSION_MISMATCH');
    expect(calls.slice(before)).toEqual(Array.from({ length: 40 }, () => `returnItems ${orderId}`));
    expect(orders.get(orderId)?.returns).toHaveLength(251);
  });
});
