import type { Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, isThere, type Reader, text } from '@meridian/projection';
import { rowsByBucket } from '@meridian/read-store';
import { availability } from './tables.ts';

/** How much of a product there is. */
export interface AvailabilityRow {
  readonly productId: string;
  readonly onHand: bigint;
  readonly reserved: bigint;
  readonly version: bigint;
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/** One product's stock; undefined when this region knows of none. */
export async function findAvailability(
  reader: Reader,
  productId: string,
): Promise<AvailabilityRow | undefined> {
  const [row] = await reader.select(availability, '*', 'WHERE bucket = ? AND product_id = ?', [
    shardOf(productId),
    productId,
  ]);
  return isThere(row) ? toAvailability(row) : undefined;
}

/** The stock of several products by id; those of which this region knows none are left out. A read per bucket, however many they are. */
export async function findAvailabilities(
  reader: Reader,
  productIds: readonly string[],
): Promise<ReadonlyMap<string, AvailabilityRow>> {
  const rows = await rowsByBucket(reader, availability, 'product_id', productIds);
  return new Map(
    rows.filter((row) => isThere(row)).map((row) => [text(row, 'product_id'), toAvailability(row)]),
  );
}

/** The position up to which a row holds all events of its stock, whichever of them reached this region: each writes all of it. */
export function availabilityProvenUpTo({ includes }: AvailabilityRow): Positions {
  return includes;
}

/** The typed form of a row of either table of stock. */
export function toAvailability(row: Row): AvailabilityRow {
  const productId = text(row, 'product_id');
  return {
    productId,
    onHand: bigint(row, 'on_hand'),
    reserved: bigint(row, 'reserved'),
    version: bigint(row, 'version'),
    includes: new Map([[partitionKey('inventory', shardOf(productId)), bigint(row, 'position')]]),
  };
}
