import type { ListCustomerOrdersRequest, ListCustomerOrdersResponse } from '@meridian/contracts';
import { listCustomerOrders as readCustomerOrders } from '@meridian/read-model-orders';
import type { CallContext } from '@meridian/rpc';
import { answer, type ReadModel } from '../../answering.ts';
import { pageSizeOf, type PageTokens } from '../../page-tokens.ts';
import { toSummary } from './order.ts';

/** A page of a customer's orders, newest first. */
export async function listCustomerOrders(
  orders: ReadModel,
  tokens: PageTokens,
  { customerId, pageSize, pageToken, read }: ListCustomerOrdersRequest,
  context: CallContext,
): Promise<ListCustomerOrdersResponse> {
  const { generation } = orders.reader;
  const binding = { method: 'ListCustomerOrders', parameters: [customerId], generation };
  const [placedAt, orderId] = tokens.open(binding, pageToken) ?? [];
  const cursor = placedAt && orderId ? { placedAt: new Date(placedAt), orderId } : undefined;
  const { value, freshness } = await answer(
    orders,
    read,
    context,
    ({ reader }) => readCustomerOrders(reader, customerId, cursor, pageSizeOf(pageSize)),
    { includes: (page) => page.orders.map((order) => order.includes) },
  );
  const { next } = value;
  const nextPageToken = next ? tokens.seal(binding, [next.placedAt.toISOString(), next.orderId]) : '';
  return { orders: value.orders.map(toSummary), nextPageToken, freshness };
}
