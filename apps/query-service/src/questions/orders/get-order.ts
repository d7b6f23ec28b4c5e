import type { GetOrderRequest, GetOrderResponse } from '@meridian/contracts';
import { findOrder, orderProvenUpTo, type OrderRow } from '@meridian/read-model-orders';
import { notFound } from '@meridian/rpc';
import { answer, type Answer, type Question } from '../../answering.ts';
import type { AnswerBasis } from '../../freshness.ts';
import type { WaitingCall } from '../../reached.ts';
import type { ReadModel } from '../../read-model.ts';
import { toOrder } from './order.ts';

/** One order, with its lines and the newest steps of its history. */
export function getOrder(orders: ReadModel): Question<GetOrderRequest, GetOrderResponse> {
  const ask = askForOrder(orders);
  return async (request, context) => {
    const { value, freshness } = await ask(request, context);
    return { order: toOrder(value), freshness };
  };
}

/** The order as its rows are once they hold what the token names. Fails with NOT_FOUND (ORDER_NOT_FOUND). */
export function askForOrder(
  orders: ReadModel,
): (request: GetOrderRequest, call: WaitingCall) => Promise<Answer<OrderRow>> {
  return async ({ orderId, read }, call) => {
    const { value, freshness } = await answer(
      orders,
      read,
      call,
      ({ reader, signal }) => findOrder(reader, orderId, signal),
      { ...basisOf(orders, orderId), provenUpTo: (order) => order && orderProvenUpTo(order) },
    );
    if (!value) throw notFound('ORDER_NOT_FOUND', `region ${freshness.region} knows no order ${orderId}`);
    return { value, freshness };
  };
}

/** What an answer about one order is made of. */
export function basisOf(orders: ReadModel, orderId: string): AnswerBasis<OrderRow | undefined> {
  return {
    aggregateId: orderId,
    ownContexts: orders.contexts,
    includes: (order) => [order?.head.includes],
  };
}
