import type { ListProductsRequest, ListProductsResponse } from '@meridian/contracts';
import { listProducts as readProducts } from '@meridian/read-model-catalog';
import type { CallContext } from '@meridian/rpc';
import { answer, type ReadModel } from '../../answering.ts';
import { pageSizeOf, type PageTokens } from '../../page-tokens.ts';
import { toProduct } from './product.ts';

/** A page of all products, by id. */
export async function listProducts(
  catalog: ReadModel,
  tokens: PageTokens,
  { pageSize, pageToken, read }: ListProductsRequest,
  context: CallContext,
): Promise<ListProductsResponse> {
  const binding = { method: 'ListProducts', parameters: [], generation: catalog.reader.generation };
  const [afterId = ''] = tokens.open(binding, pageToken) ?? [];
  const size = pageSizeOf(pageSize);
  const { value, freshness } = await answer(
    catalog,
    read,
    context,
    ({ reader }) => readProducts(reader, afterId, size + 1),
    { includes: (rows) => rows.map((row) => row.includes) },
  );
  const page = value.slice(0, size);
  const last = page.at(-1);
  const nextPageToken = value.length > size && last ? tokens.seal(binding, [last.productId]) : '';
  return { products: page.map(toProduct), nextPageToken, freshness };
}
