import type { BatchGetProductsRequest, BatchGetProductsResponse } from '@meridian/contracts';
import { findProducts } from '@meridian/read-model-catalog';
import { answer, type Question } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';
import { toProduct } from './product.ts';

/** Several products, in the order asked. */
export function batchGetProducts(
  catalog: ReadModel,
): Question<BatchGetProductsRequest, BatchGetProductsResponse> {
  return async ({ productIds, read }, context) => {
    const { value, freshness } = await answer(
      catalog,
      read,
      context,
      ({ reader }) => findProducts(reader, productIds),
      { includes: (found) => [...found.values()].map((row) => row.includes) },
    );
    return {
      products: productIds.flatMap((id) => value.get(id) ?? []).map(toProduct),
      missingProductIds: productIds.filter((id) => !value.has(id)),
      freshness,
    };
  };
}
