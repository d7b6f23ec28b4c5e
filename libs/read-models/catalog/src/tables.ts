import { defineTable } from '@meridian/projection';

/** Products, spread over buckets by shard and sorted by id within: one table answers by id and as a list. */
export const products = defineTable({
  name: 'product',
  partitionKey: { bucket: 'int' },
  clusteringKey: { product_id: 'text' },
  columns: {
    name: 'text',
    price_minor: 'bigint',
    currency: 'text',
    discontinued: 'boolean',
    version: 'bigint',
    position: 'bigint',
  },
});
