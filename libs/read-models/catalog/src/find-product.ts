import type { Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf, type Amount } from '@meridian/kernel';
import { bigint, isThere, type Reader, text } from '@meridian/projection';
import { rowsByBucket } from '@meridian/read-store';
import { products } from './tables.ts';

/** A product as the catalogue shows it. */
export interface ProductRow {
  readonly productId: string;
  readonly name: string;
  readonly price: Amount;
  readonly discontinued: boolean;
  readonly version: bigint;
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/** One product; undefined when this region does not know it, or not that it was created. */
export async function findProduct(reader: Reader, productId: string): Promise<ProductRow | undefined> {
  const [row] = await reader.select(products, '*', 'WHERE bucket = ? AND product_id = ?', [
    shardOf(productId),
    productId,
  ]);
  return isProduct(row) ? toProduct(row) : undefined;
}

/** Several products by id; those that this region does not know are left out. A read per bucket, however many they are. */
export async function findProducts(
  reader: Reader,
  productIds: readonly string[],
): Promise<ReadonlyMap<string, ProductRow>> {
  const rows = await rowsByBucket(reader, products, 'product_id', productIds);
  return new Map(rows.filter(isProduct).map((row) => [text(row, 'product_id'), toProduct(row)]));
}

/**
 * The position up to which a row holds all events of its product, whichever of them reached this region: undefined when that cannot be
 * told. The name is of the event that made it, and every later event but the last, which takes the product off sale, writes the price.
 */
export function productProvenUpTo({ discontinued, includes }: ProductRow): Positions | undefined {
  return discontinued ? undefined : includes;
}

/** Whether a row is a product: it was created, as far as this region knows. */
export function isProduct(row: Row | undefined): row is Row {
  return isThere(row, 'name', 'currency', 'price_minor');
}

/** The typed form of a row. */
export function toProduct(row: Row): ProductRow {
  const productId = text(row, 'product_id');
  return {
    productId,
    name: text(row, 'name'),
    price: { currencyCode: text(row, 'currency'), amountMinor: bigint(row, 'price_minor') },
    discontinued: row['discontinued'] === true,
    version: bigint(row, 'version'),
    includes: new Map([[partitionKey('catalog', shardOf(productId)), bigint(row, 'position')]]),
  };
}
