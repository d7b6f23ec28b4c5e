import { ProductStatus, type Product } from '@meridian/contracts';
import type { ProductRow } from '@meridian/read-model-catalog';

/** A product in the contract's words. */
export function toProduct({ productId, name, price, discontinued, version }: ProductRow): Product {
  const status = discontinued ? ProductStatus.DISCONTINUED : ProductStatus.ACTIVE;
  return { productId, name, price, status, version };
}
