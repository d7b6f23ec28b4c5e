import { defineTable } from '@meridian/projection';

/** The stock of each product, spread over buckets by shard: what changes together is written together. */
export const availability = defineTable({
  name: 'availability',
  partitionKey: { bucket: 'int' },
  clusteringKey: { product_id: 'text' },
  columns: { on_hand: 'bigint', reserved: 'bigint', version: 'bigint', position: 'bigint' },
});

/**
 * Which products stand in which band of availability, spread over buckets by shard. A row says no more than that: how many
 * pieces there are is in `availability`. So a row is written when its product enters the band, and removed when the product
 * leaves it (docs/decisions/0045). Both tables have the same partition key. What an event changes in a bucket is one mutation
 * of the store, for both of them.
 */
export const stockByBand = defineTable({
  name: 'stock_by_band',
  partitionKey: { bucket: 'int' },
  clusteringKey: { band: 'int', product_id: 'text' },
  columns: { version: 'bigint' },
});
