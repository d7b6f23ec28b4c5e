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
