import { DiscontinueProductRequest, DiscontinueProductResponse } from '@meridian/contracts';
import { discontinueProduct } from '@meridian/domain-catalog';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';

/** Takes a product off sale for good. */
export const discontinueProductUseCase: UseCase<DiscontinueProductRequest, DiscontinueProductResponse> = {
  name: 'DiscontinueProduct',
  request: DiscontinueProductRequest,
  answer: DiscontinueProductResponse,
  prepare({ productId, reason, expectedVersion }) {
    const product = { type: 'product', id: productId } as const;
    return {
      locks: [product],
      decide: (copy) =>
        decideAggregate(copy, product, expectedVersion, (state) =>
          discontinueProduct(state, { productId, reason }),
        ),
    };
  },
};
