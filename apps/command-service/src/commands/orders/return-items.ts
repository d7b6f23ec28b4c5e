import { ReturnItemsRequest, ReturnItemsResponse } from '@meridian/contracts';
import { returnStock } from '@meridian/domain-inventory';
import { returnItems } from '@meridian/domain-orders';
import { businessDay, type Clock } from '@meridian/kernel';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';
import { moveStock, orderWithStock, type ProductsOfOrder } from './order-stock.ts';
import { refundOf } from './refund.ts';

/** Takes pieces of an order back into the stock. */
export function returnItemsUseCase(
  clock: Clock,
  timeZone: string,
  productsOf: ProductsOfOrder,
): UseCase<ReturnItemsRequest, ReturnItemsResponse> {
  return {
    name: 'ReturnItems',
    request: ReturnItemsRequest,
    answer: ReturnItemsResponse,
    async prepare(request) {
      const { orderId, lines, reason, expectedVersion } = request;
      const order = { type: 'order', id: orderId } as const;
      const returnedAt = request.returnedAt ?? clock();
      const returnedOn = businessDay(returnedAt, timeZone);
      return {
        locks: orderWithStock(orderId, await productsOf(orderId)),
        decide(copy) {
          const decided = decideAggregate(copy, order, expectedVersion, (state) =>
            returnItems(state, { orderId, lines, reason, returnedAt, returnedOn }),
          );
          if (!decided.accepted) return decided;
          const back = decided.events.flatMap((event) =>
            event.type === 'ItemsReturned' ? event.data.lines : [],
          );
          const refusal = moveStock(copy, orderId, back, returnStock);
          if (refusal) return { accepted: false, refusal };
          const answer = ReturnItemsResponse.encode({
            receipt: undefined,
            refund: refundOf(decided.events),
          }).finish();
          return { ...decided, answer };
        },
      };
    },
  };
}
