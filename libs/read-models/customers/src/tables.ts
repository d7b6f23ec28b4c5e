import { defineTable } from '@meridian/projection';

/** Customers, with sealed personal data; written by the customer. */
export const customers = defineTable({
  name: 'customer',
  partitionKey: { customer_id: 'text' },
  columns: {
    name: 'blob',
    email: 'blob',
    address: 'blob',
    country: 'text',
    erased: 'boolean',
    registered_at: 'timestamp',
    version: 'bigint',
    position: 'bigint',
  },
});

/**
 * What each event of an order added to its customer's lifetime value: one row an event, written by the order, summed on read. A
 * customer's are spread over buckets, by the order's shard: a large one has many.
 */
export const customerOrderValues = defineTable({
  name: 'customer_order_value',
  partitionKey: { customer_id: 'text', bucket: 'int' },
  clusteringKey: { order_id: 'text', order_version: 'bigint' },
  columns: { amount_minor: 'bigint', currency: 'text', orders: 'int', position: 'bigint' },
});
