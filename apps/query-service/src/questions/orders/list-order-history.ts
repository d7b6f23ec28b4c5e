import type { ListOrderHistoryRequest, ListOrderHistoryResponse } from '@meridian/contracts';
import { listOrderHistory as readHistory } from '@meridian/read-model-orders';
import { notFound } from '@meridian/rpc';
import { answer, type Question } from '../../answering.ts';
import { pageSizeOf, type PageTokens } from '../../page-tokens.ts';
import type { ReadModel } from '../../read-model.ts';

/** A page of an order's history, oldest first. */
export function listOrderHistory(
  orders: ReadModel,
  tokens: PageTokens,
): Question<ListOrderHistoryRequest, ListOrderHistoryResponse> {
  return async ({ orderId, pageSize, pageToken, read }, context) => {
    const binding = { method: 'ListOrderHistory', parameters: [orderId] };
    const { generation, cursor: after = [] } = tokens.open(binding, pageToken, orders);
    const [afterVersion = '0'] = after;
    const { value, freshness } = await answer(
      orders,
      read,
      context,
      ({ reader }) => readHistory(reader, orderId, BigInt(afterVersion), pageSizeOf(pageSize)),
      {
        generation,
        aggregateId: orderId,
        ownContexts: orders.contexts,
        includes: (page) => [page?.includes],
      },
    );
    const own = context.admitted?.own;
    const isHidden = own !== undefined && value?.customerId !== own.customerId;
    if (!value || isHidden)
      throw notFound('ORDER_NOT_FOUND', `region ${freshness.region} knows no order ${orderId}`);
    const { steps, next } = value;
    const nextPageToken = next === undefined ? '' : tokens.seal(binding, generation, [next.toString()]);
    return { history: [...steps], nextPageToken, freshness };
  };
}
