import { defineTable } from '@meridian/projection';

/** The stock of each product, spread over buckets by shard: what changes together is written together. */
export const availability = defineTable({
  name: 'availability',
  partitionKey: { bucket: 'int' },
  clusteringKey: { product_id: 'text' },
  columns: { on_hand: 'bigint', reserved: 'bigint', version: 'bigint', position: 'bigint' },
});

/**
 * Products by band of availability, spread over buckets by shard. A row moves only when its product changes band
 * (docs/decisions/0005).
 */
export const stockByBand = defineTable({
  name: 'stock_by_band',
  partitionKey: { band: 'int', bucket: 'int' },
  clusteringKey: { product_id: 'text' },
  columns: { on_hand: 'bigint', reserved: 'bigint', version: 'bigint', position: 'bigint' },
});
