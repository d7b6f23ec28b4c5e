import { ShipOrderRequest, ShipOrderResponse } from '@meridian/contracts';
import { shipStock } from '@meridian/domain-inventory';
import { shipOrder } from '@meridian/domain-orders';
import type { Clock } from '@meridian/kernel';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';
import { moveStock, orderWithStock, type ProductsOfOrder } from './order-stock.ts';

/** Records that an order left the house, and takes its pieces out of the stock. */
export function shipOrderUseCase(
  clock: Clock,
  productsOf: ProductsOfOrder,
): UseCase<ShipOrderRequest, ShipOrderResponse> {
  return {
    name: 'ShipOrder',
    request: ShipOrderRequest,
    answer: ShipOrderResponse,
    async prepare({ orderId, carrier, trackingNumber, expectedVersion }) {
      const order = { type: 'order', id: orderId } as const;
      const shippedAt = clock();
      return {
        locks: orderWithStock(orderId, await productsOf(orderId)),
        decide(copy) {
          const lines = copy.read('order', orderId).state?.lines ?? [];
          const decided = decideAggregate(copy, order, expectedVersion, (state) =>
            shipOrder(state, { orderId, carrier, trackingNumber, shippedAt }),
          );
          const refusal = decided.accepted ? moveStock(copy, orderId, lines, shipStock) : undefined;
          return refusal ? { accepted: false, refusal } : decided;
        },
      };
    },
  };
}
