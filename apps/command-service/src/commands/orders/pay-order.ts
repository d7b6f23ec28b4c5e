import { PayOrderRequest, PayOrderResponse } from '@meridian/contracts';
import { payOrder } from '@meridian/domain-orders';
import type { Clock } from '@meridian/kernel';
import { decideAggregate } from '../../decide-aggregate.ts';
import { given, type UseCase } from '../../use-case.ts';

/** Records that an order was paid in full. */
export function payOrderUseCase(clock: Clock): UseCase<PayOrderRequest, PayOrderResponse> {
  return {
    name: 'PayOrder',
    request: PayOrderRequest,
    answer: PayOrderResponse,
    prepare({ orderId, amount, paymentReference, expectedVersion }) {
      const order = { type: 'order', id: orderId } as const;
      const paidAt = clock();
      return {
        locks: [order],
        decide: (copy) =>
          decideAggregate(copy, order, expectedVersion, (state) =>
            payOrder(state, { orderId, amount: given(amount), paymentReference, paidAt }),
          ),
      };
    },
  };
}
