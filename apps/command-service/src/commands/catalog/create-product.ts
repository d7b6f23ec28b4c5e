import { CreateProductRequest, CreateProductResponse } from '@meridian/contracts';
import { createProduct } from '@meridian/domain-catalog';
import { newId } from '@meridian/kernel';
import { decideAggregate } from '../../decide-aggregate.ts';
import { given, type UseCase } from '../../use-case.ts';

/** Adds a product to the catalogue. */
export const createProductUseCase: UseCase<CreateProductRequest, CreateProductResponse> = {
  name: 'CreateProduct',
  request: CreateProductRequest,
  answer: CreateProductResponse,
  prepare({ productId, name, price }) {
    const product = { type: 'product', id: productId || newId() } as const;
    return {
      locks: [product],
      decide: (copy) =>
        decideAggregate(copy, product, undefined, (state) =>
          createProduct(state, { productId: product.id, name, price: given(price) }),
        ),
    };
  },
};
