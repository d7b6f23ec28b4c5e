import { AdjustStockRequest, AdjustStockResponse } from '@meridian/contracts';
import { productNotFound } from '@meridian/domain-catalog';
import { adjustStock } from '@meridian/domain-inventory';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';

/** Corrects the stock after a count. */
export const adjustStockUseCase: UseCase<AdjustStockRequest, AdjustStockResponse> = {
  name: 'AdjustStock',
  request: AdjustStockRequest,
  answer: AdjustStockResponse,
  prepare({ productId, delta, reason, expectedVersion }) {
    const product = { type: 'product', id: productId } as const;
    const stock = { type: 'stock', id: productId } as const;
    return {
      locks: [product, stock],
      decide(copy) {
        if (!copy.read('product', productId).state) return productNotFound(productId);
        return decideAggregate(copy, stock, expectedVersion, (state) =>
          adjustStock(state, { productId, delta, reason }),
        );
      },
    };
  },
};
