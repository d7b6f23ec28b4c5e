import type { GetProductRequest, GetProductResponse } from '@meridian/contracts';
import { findProduct, productProvenUpTo } from '@meridian/read-model-catalog';
import { notFound } from '@meridian/rpc';
import { answer, type Question } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';
import { toProduct } from './product.ts';

/** One product. */
export function getProduct(catalog: ReadModel): Question<GetProductRequest, GetProductResponse> {
  return async ({ productId, read }, context) => {
    const { value, freshness } = await answer(
      catalog,
      read,
      context,
      ({ reader }) => findProduct(reader, productId),
      {
        aggregateId: productId,
        ownContexts: catalog.contexts,
        includes: (row) => [row?.includes],
        provenUpTo: (row) => row && productProvenUpTo(row),
      },
    );
    if (!value)
      throw notFound('PRODUCT_NOT_FOUND', `region ${freshness.region} knows no product ${productId}`);
    return { product: toProduct(value), freshness };
  };
}
