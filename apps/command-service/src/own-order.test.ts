import { PayOrderRequest, PayOrderResponse } from '@meridian/contracts';
import { evolveOrder, orderNotFound, placeOrder, type OrderEvent } from '@meridian/domain-orders';
import type { Decision } from '@meridian/kernel';
import type { AggregateStates, CommandDecision, Versioned, WorkingCopy } from '@meridian/write-store';
import { expect, it } from 'vitest';
import { ofOwnOrder } from './own-order.ts';
import { RECEIPT_ONLY, type UseCase } from './use-case.ts';

function eventsOf(decision: Decision<OrderEvent>): readonly [OrderEvent] {
  const [event] = decision.accepted ? decision.events : [];
  if (!event) throw new Error('the order was not placed');
  return [event];
}

const accepted = { accepted: true, aggregateId: 'o-1', version: 2n, answer: RECEIPT_ONLY } as const;

const payOrder: UseCase<PayOrderRequest, PayOrderResponse> = {
  name: 'PayOrder',
  request: PayOrderRequest,
  answer: PayOrderResponse,
  prepare: ({ orderId }) => ({ locks: [{ type: 'order', id: orderId }], decide: () => accepted }),
};

const [placed] = eventsOf(
  placeOrder(undefined, {
    orderId: 'o-1',
    customerId: 'anna',
    country: 'France',
    placedAt: new Date(0),
    placedOn: '1970-01-01',
    lines: [{ productId: 'p', productName: 'Lamp', quantity: 1n, unitPriceMinor: 5n, currencyCode: 'GBP' }],
  }),
);

type States = { readonly [T in keyof AggregateStates]: Map<string, Versioned<AggregateStates[T]>> };

/** A copy in which anna has the order o-1. */
function copyOfAnna(): WorkingCopy {
  const order = new Map([['o-1', { state: evolveOrder(undefined, placed), version: 1n }]]);
  const states: States = { product: new Map(), stock: new Map(), customer: new Map(), order };
  return {
    read: (type, id) => states[type].get(id) ?? { state: undefined, version: 0n },
    record: () => 2n,
    claimReceipt: () => true,
  };
}

async function decide(customerId: string, orderId: string): Promise<CommandDecision> {
  const request = PayOrderRequest.fromPartial({ orderId });
  const prepared = await ofOwnOrder(payOrder, customerId).prepare(request);
  expect(prepared.locks).toEqual([{ type: 'order', id: orderId }]);
  return prepared.decide(copyOfAnna());
}

it('lets a customer work with an own order', async () => {
  expect(await decide('anna', 'o-1')).toEqual(accepted);
});

it('refuses another customer’s order exactly as one that does not exist', async () => {
  const { refusal } = orderNotFound('o-1');
  expect(await decide('ben', 'o-1')).toEqual({ accepted: false, refusal });
});
