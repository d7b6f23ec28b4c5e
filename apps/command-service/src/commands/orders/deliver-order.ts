import { DeliverOrderRequest, DeliverOrderResponse } from '@meridian/contracts';
import { deliverOrder } from '@meridian/domain-orders';
import type { Clock } from '@meridian/kernel';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';

/** Records that an order arrived. */
export function deliverOrderUseCase(clock: Clock): UseCase<DeliverOrderRequest, DeliverOrderResponse> {
  return {
    name: 'DeliverOrder',
    request: DeliverOrderRequest,
    answer: DeliverOrderResponse,
    prepare({ orderId, expectedVersion }) {
      const order = { type: 'order', id: orderId } as const;
      const deliveredAt = clock();
      return {
        locks: [order],
        decide: (copy) =>
          decideAggregate(copy, order, expectedVersion, (state) =>
            deliverOrder(state, { orderId, deliveredAt }),
          ),
      };
    },
  };
}
