import { ReceiveStockRequest, ReceiveStockResponse } from '@meridian/contracts';
import { productNotFound } from '@meridian/domain-catalog';
import { receiveStock } from '@meridian/domain-inventory';
import { refuse } from '@meridian/kernel';
import { decideAggregate } from '../../decide-aggregate.ts';
import type { UseCase } from '../../use-case.ts';

/** Books arrived goods, once a receipt id. */
export const receiveStockUseCase: UseCase<ReceiveStockRequest, ReceiveStockResponse> = {
  name: 'ReceiveStock',
  request: ReceiveStockRequest,
  answer: ReceiveStockResponse,
  prepare({ productId, receiptId, quantity }) {
    const product = { type: 'product', id: productId } as const;
    const stock = { type: 'stock', id: productId } as const;
    return {
      locks: [product, stock],
      receiptIds: [receiptId],
      decide(copy) {
        if (!copy.read('product', productId).state) return productNotFound(productId);
        if (!copy.claimReceipt(receiptId, productId)) {
          return refuse('already-exists', 'RECEIPT_EXISTS', `goods receipt ${receiptId} was booked before`);
        }
        return decideAggregate(copy, stock, undefined, (state) =>
          receiveStock(state, { productId, receiptId, quantity }),
        );
      },
    };
  },
};
