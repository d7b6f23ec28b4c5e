import type { ListProductsRequest, ListProductsResponse } from '@meridian/contracts';
import { listProducts as readProducts } from '@meridian/read-model-catalog';
import { answer, type Question } from '../../answering.ts';
import { pageSizeOf, type PageTokens } from '../../page-tokens.ts';
import type { ReadModel } from '../../read-model.ts';
import { toProduct } from './product.ts';

/** A page of all products, by id. */
export function listProducts(
  catalog: ReadModel,
  tokens: PageTokens,
): Question<ListProductsRequest, ListProductsResponse> {
  return async ({ pageSize, pageToken, read }, context) => {
    const binding = { method: 'ListProducts', parameters: [] };
    const { generation, cursor: after = [] } = tokens.open(binding, pageToken, catalog);
    const [afterId = ''] = after;
    const size = pageSizeOf(pageSize);
    const { value, freshness } = await answer(
      catalog,
      read,
      context,
      ({ reader, signal }) => readProducts(reader, afterId, size + 1, signal),
      { generation, includes: (rows) => rows.map((row) => row.includes) },
    );
    const page = value.slice(0, size);
    const last = page.at(-1);
    const nextPageToken =
      value.length > size && last ? tokens.seal(binding, generation, [last.productId]) : '';
    return { products: page.map(toProduct), nextPageToken, freshness };
  };
}
