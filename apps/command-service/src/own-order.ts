import { orderNotFound } from '@meridian/domain-orders';
import type { UseCase } from './use-case.ts';

/**
 * The same command, for a caller that may work with one customer's orders only. The order of somebody else is refused exactly as one
 * that does not exist, before anything is decided about it.
 */
export function ofOwnOrder<Request extends { readonly requestId: string; readonly orderId: string }, Answer>(
  useCase: UseCase<Request, Answer>,
  customerId: string,
): UseCase<Request, Answer> {
  return {
    ...useCase,
    async prepare(request) {
      const prepared = await useCase.prepare(request);
      return {
        ...prepared,
        decide(copy) {
          const { state: order } = copy.read('order', request.orderId);
          if (order && order.customerId !== customerId) return orderNotFound(request.orderId);
          return prepared.decide(copy);
        },
      };
    },
  };
}
