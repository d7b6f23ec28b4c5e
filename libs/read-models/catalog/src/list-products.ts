import { mergeBuckets, wholeRows } from '@meridian/read-store';
import { type Reader, text } from '@meridian/projection';
import { isProduct, toProduct, type ProductRow } from './find-product.ts';
import { products } from './tables.ts';

/** A page of products in byte order of their ids, after the given id; at most `limit`. Rejects with the signal's reason between two reads. */
export function listProducts(
  reader: Reader,
  afterId: string,
  limit: number,
  signal?: AbortSignal,
): Promise<readonly ProductRow[]> {
  return mergeBuckets(
    limit,
    (product) => product.productId,
    async (bucket, size) => {
      const rows = await wholeRows(
        size,
        isProduct,
        (after, count) =>
          reader.select(products, '*', 'WHERE bucket = ? AND product_id > ? LIMIT ?', [
            bucket,
            after ? text(after, 'product_id') : afterId,
            count,
          ]),
        signal,
      );
      return rows.map(toProduct);
    },
  );
}
