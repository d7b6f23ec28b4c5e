import type { ListCustomerOrdersRequest, ListCustomerOrdersResponse } from '@meridian/contracts';
import { listCustomerOrders as readCustomerOrders } from '@meridian/read-model-orders';
import { answer, type Question } from '../../answering.ts';
import { pageSizeOf, type PageTokens } from '../../page-tokens.ts';
import type { ReadModel } from '../../read-model.ts';
import { toSummary } from './order.ts';

/** A page of a customer's orders, newest first. */
export function listCustomerOrders(
  orders: ReadModel,
  tokens: PageTokens,
): Question<ListCustomerOrdersRequest, ListCustomerOrdersResponse> {
  return async ({ customerId, pageSize, pageToken, read }, context) => {
    const binding = { method: 'ListCustomerOrders', parameters: [customerId] };
    const { generation, cursor: after = [] } = tokens.open(binding, pageToken, orders);
    const [placedAt, orderId] = after;
    const cursor = placedAt && orderId ? { placedAt: new Date(placedAt), orderId } : undefined;
    const { value, freshness } = await answer(
      orders,
      read,
      context,
      ({ reader, signal }) => readCustomerOrders(reader, customerId, cursor, pageSizeOf(pageSize), signal),
      { generation, includes: (page) => page.orders.map((order) => order.includes) },
    );
    const { next } = value;
    const nextPageToken = next
      ? tokens.seal(binding, generation, [next.placedAt.toISOString(), next.orderId])
      : '';
    return { orders: value.orders.map(toSummary), nextPageToken, freshness };
  };
}
