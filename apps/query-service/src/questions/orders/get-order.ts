import type { GetOrderRequest, GetOrderResponse } from '@meridian/contracts';
import { findOrder } from '@meridian/read-model-orders';
import { notFound, type CallContext } from '@meridian/rpc';
import { answer, type ReadModel } from '../../answering.ts';
import { toOrder } from './order.ts';

/** One order, with its lines and history. */
export async function getOrder(
  orders: ReadModel,
  { orderId, read }: GetOrderRequest,
  context: CallContext,
): Promise<GetOrderResponse> {
  const { value, freshness } = await answer(
    orders,
    read,
    context,
    ({ reader }) => findOrder(reader, orderId),
    { aggregateId: orderId, ownContexts: orders.contexts, includes: (order) => [order?.head.includes] },
  );
  if (!value) throw notFound('ORDER_NOT_FOUND', `region ${orders.region} knows no order ${orderId}`);
  return { order: toOrder(value), freshness };
}
