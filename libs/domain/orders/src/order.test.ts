import fc from 'fast-check';
import type { Decision } from '@meridian/kernel';
import { describe, expect, it } from 'vitest';
import { cancelOrder, deliverOrder, payOrder, shipOrder } from './advance-order.ts';
import { evolveOrder, sumOf, type Order, type OrderEvent } from './order.ts';
import { placeOrder } from './place-order.ts';
import { returnItems } from './return-items.ts';

const at = new Date('2026-11-23T10:00:00Z');
const line = (quantity: bigint, unitPriceMinor: bigint, currencyCode = 'GBP') => ({
  productId: 'p',
  productName: 'Lamp',
  quantity,
  unitPriceMinor,
  currencyCode,
});
const place = (lines = [line(2n, 250n), line(1n, 99n)]) => ({
  orderId: 'o',
  customerId: 'c',
  country: 'France',
  placedAt: at,
  placedOn: '2026-11-23',
  lines,
});
const steps = {
  pay: (state?: Order) =>
    payOrder(state, {
      orderId: 'o',
      amount: { currencyCode: 'GBP', amountMinor: 599n },
      paymentReference: 'x',
      paidAt: at,
    }),
  ship: (state?: Order) => shipOrder(state, { orderId: 'o', carrier: '', trackingNumber: '', shippedAt: at }),
  deliver: (state?: Order) => deliverOrder(state, { orderId: 'o', deliveredAt: at }),
  cancel: (state?: Order) =>
    cancelOrder(state, { orderId: 'o', reason: 'r', cancelledAt: at, cancelledOn: '2026-11-23' }),
  return: (state?: Order) =>
    returnItems(state, {
      orderId: 'o',
      lines: [{ lineNo: 1, quantity: 1n }],
      reason: '',
      returnedAt: at,
      returnedOn: '2026-11-23',
    }),
};
type Step = keyof typeof steps;

function apply(state: Order | undefined, decision: Decision<OrderEvent>): Order {
  if (!decision.accepted) throw new Error(decision.refusal.message);
  const next = decision.events.reduce<Order | undefined>(evolveOrder, state);
  if (!next) throw new Error('no events');
  return next;
}
const given = (...names: Step[]) =>
  names.reduce(
    (state, name) => apply(state, steps[name](state)),
    apply(undefined, placeOrder(undefined, place())),
  );

describe('an order', () => {
  it('is placed with its lines numbered and its total summed', () => {
    const decision = placeOrder(undefined, place());
    expect(decision).toMatchObject({
      events: [
        { data: { keys: { totalMinor: 599n, currencyCode: 'GBP' }, lines: [{ lineNo: 1 }, { lineNo: 2 }] } },
      ],
    });
  });

  it('is placed once, in one currency', () => {
    expect(placeOrder(given(), place())).toMatchObject({ refusal: { code: 'ORDER_EXISTS' } });
    expect(placeOrder(undefined, place([line(1n, 1n), line(1n, 1n, 'EUR')]))).toMatchObject({
      refusal: { code: 'CURRENCY_MISMATCH' },
    });
  });

  it('costs at most 10,000,000,000,000 minor units, so that sums over orders stay within 64 bits', () => {
    const most = [line(1_000_000n, 9_999_999n), line(1n, 1_000_000n)];
    expect(placeOrder(undefined, place(most))).toMatchObject({
      events: [{ data: { keys: { totalMinor: 10_000_000_000_000n } } }],
    });
    expect(placeOrder(undefined, place([...most, line(1n, 1n)]))).toMatchObject({
      refusal: { kind: 'failed-precondition', code: 'ORDER_TOTAL_TOO_LARGE' },
    });
  });

  it('is paid with exactly its total', () => {
    const amount = { currencyCode: 'GBP', amountMinor: 598n };
    const decision = payOrder(given(), { orderId: 'o', amount, paymentReference: 'x', paidAt: at });
    expect(decision).toMatchObject({ refusal: { code: 'PAYMENT_AMOUNT_MISMATCH' } });
  });

  it.each<[Step[], Step[]]>([
    [[], ['pay', 'cancel']],
    [['pay'], ['ship', 'cancel']],
    [
      ['pay', 'ship'],
      ['deliver', 'return'],
    ],
    [['pay', 'ship', 'deliver'], ['return']],
    [['cancel'], []],
    [['pay', 'cancel'], []],
  ])('after %j allows only %j', (before, allowed) => {
    const state = given(...before);
    for (const name of Object.keys(steps) as Step[]) {
      const decision = steps[name](state);
      if (allowed.includes(name)) expect(decision.accepted).toBe(true);
      else expect(decision).toMatchObject({ refusal: { code: 'ORDER_STATUS_CONFLICT' } });
    }
  });

  it('pays back on cancellation only what was paid', () => {
    expect(steps.cancel(given())).toMatchObject({ events: [{ data: { refundMinor: 0n } }] });
    expect(steps.cancel(given('pay'))).toMatchObject({ events: [{ data: { refundMinor: 599n } }] });
  });

  it('takes back no more of a line than went out', () => {
    const back = (state: Order, lineNo: number, quantity: bigint) =>
      returnItems(state, {
        orderId: 'o',
        lines: [{ lineNo, quantity }],
        reason: '',
        returnedAt: at,
        returnedOn: '2026-11-23',
      });
    const shipped = given('pay', 'ship');
    expect(back(shipped, 1, 2n)).toMatchObject({ events: [{ data: { refundMinor: 500n } }] });
    expect(back(shipped, 1, 3n)).toMatchObject({ refusal: { code: 'RETURN_EXCEEDS_LINE' } });
    expect(back(shipped, 3, 1n)).toMatchObject({ refusal: { code: 'ORDER_LINE_NOT_FOUND' } });
    expect(back(apply(shipped, back(shipped, 1, 2n)), 1, 1n)).toMatchObject({
      refusal: { code: 'RETURN_EXCEEDS_LINE' },
    });
  });

  it('must exist for every step', () => {
    for (const step of Object.values(steps))
      expect(step(undefined)).toMatchObject({ refusal: { code: 'ORDER_NOT_FOUND' } });
  });

  it('keeps every invariant, whatever steps are tried in whatever order', () => {
    const lines = fc.array(fc.tuple(fc.bigInt(1n, 9n), fc.bigInt(0n, 999n)), { minLength: 1, maxLength: 5 });
    const tried = fc.array(fc.constantFrom(...(Object.keys(steps) as Step[])), { maxLength: 12 });
    fc.assert(
      fc.property(lines, tried, (amounts, names) => {
        let state = apply(
          undefined,
          placeOrder(undefined, place(amounts.map(([n, price]) => line(n, price)))),
        );
        for (const name of names) {
          const decision =
            name === 'pay'
              ? payOrder(state, {
                  orderId: 'o',
                  amount: { currencyCode: 'GBP', amountMinor: state.totalMinor },
                  paymentReference: 'x',
                  paidAt: at,
                })
              : steps[name](state);
          if (decision.accepted) state = apply(state, decision);
          expect(state.totalMinor).toBe(sumOf(state.lines));
          expect(state.lines.every((l) => l.returnedQuantity >= 0n && l.returnedQuantity <= l.quantity)).toBe(
            true,
          );
        }
      }),
    );
  });
});
