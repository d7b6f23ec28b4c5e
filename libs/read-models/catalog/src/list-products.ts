import { isThere, mergeBuckets, type Reader } from '@meridian/projection';
import { toProduct, type ProductRow } from './find-product.ts';
import { products } from './tables.ts';

/** A page of products in byte order of their ids, after the given id; at most `limit`. */
export function listProducts(reader: Reader, afterId: string, limit: number): Promise<readonly ProductRow[]> {
  return mergeBuckets(
    limit,
    (product) => product.productId,
    async (bucket, size) => {
      const rows = await reader.select(products, '*', 'WHERE bucket = ? AND product_id > ? LIMIT ?', [
        bucket,
        afterId,
        size,
      ]);
      return rows.filter(isThere).map(toProduct);
    },
  );
}
