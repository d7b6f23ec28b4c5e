import { CancelOrderRequest, CancelOrderResponse } from '@meridian/contracts';
import { releaseStock } from '@meridian/domain-inventory';
import { cancelOrder } from '@meridian/domain-orders';
import { businessDay, type Clock } from '@meridian/kernel';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';
import { moveStock, orderWithStock, type ProductsOfOrder } from './order-stock.ts';
import { refundOf } from './refund.ts';

/** Cancels an order before it leaves the house, and releases its stock. */
export function cancelOrderUseCase(
  clock: Clock,
  timeZone: string,
  productsOf: ProductsOfOrder,
): UseCase<CancelOrderRequest, CancelOrderResponse> {
  return {
    name: 'CancelOrder',
    request: CancelOrderRequest,
    answer: CancelOrderResponse,
    async prepare({ orderId, reason, expectedVersion }) {
      const order = { type: 'order', id: orderId } as const;
      const cancelledAt = clock();
      const cancelledOn = businessDay(cancelledAt, timeZone);
      return {
        locks: orderWithStock(orderId, await productsOf(orderId)),
        decide(copy) {
          const lines = copy.read('order', orderId).state?.lines ?? [];
          const decided = decideAggregate(copy, order, expectedVersion, (state) =>
            cancelOrder(state, { orderId, reason, cancelledAt, cancelledOn }),
          );
          if (!decided.accepted) return decided;
          const refusal = moveStock(copy, orderId, lines, releaseStock);
          if (refusal) return { accepted: false, refusal };
          const answer = CancelOrderResponse.encode({
            receipt: undefined,
            refund: refundOf(decided.events),
          }).finish();
          return { ...decided, answer };
        },
      };
    },
  };
}
