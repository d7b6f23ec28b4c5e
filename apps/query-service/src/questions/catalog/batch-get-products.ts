import type { BatchGetProductsRequest, BatchGetProductsResponse } from '@meridian/contracts';
import { findProduct } from '@meridian/read-model-catalog';
import type { CallContext } from '@meridian/rpc';
import { answer } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';
import { toProduct } from './product.ts';

/** Several products, in the order asked. */
export async function batchGetProducts(
  catalog: ReadModel,
  { productIds, read }: BatchGetProductsRequest,
  context: CallContext,
): Promise<BatchGetProductsResponse> {
  const { value, freshness } = await answer(
    catalog,
    read,
    context,
    ({ reader }) => Promise.all(productIds.map((id) => findProduct(reader, id))),
    { includes: (rows) => rows.map((row) => row?.includes) },
  );
  return {
    products: value.flatMap((product) => (product ? [toProduct(product)] : [])),
    missingProductIds: productIds.filter((_, index) => !value[index]),
    freshness,
  };
}
