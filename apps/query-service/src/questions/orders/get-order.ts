import type { GetOrderRequest, GetOrderResponse } from '@meridian/contracts';
import { findOrder, orderProvenUpTo, type OrderRow } from '@meridian/read-model-orders';
import { notFound } from '@meridian/rpc';
import { answer, type Question } from '../../answering.ts';
import type { AnswerBasis } from '../../freshness.ts';
import type { ReadModel } from '../../read-model.ts';
import { toOrder } from './order.ts';

/** One order, with its lines and the newest steps of its history. */
export function getOrder(orders: ReadModel): Question<GetOrderRequest, GetOrderResponse> {
  return async ({ orderId, read }, context) => {
    const { value, freshness } = await answer(
      orders,
      read,
      context,
      ({ reader, signal }) => findOrder(reader, orderId, signal),
      { ...basisOf(orders, orderId), provenUpTo: (order) => order && orderProvenUpTo(order) },
    );
    if (!value) throw notFound('ORDER_NOT_FOUND', `region ${orders.region} knows no order ${orderId}`);
    return { order: toOrder(value), freshness };
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
