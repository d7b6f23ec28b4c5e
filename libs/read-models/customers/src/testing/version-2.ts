import type { OrderKeys } from '@meridian/contracts';
import { defineTable, type Mutation, type Projection, type RecordedEvent, write } from '@meridian/projection';
import { customersProjection } from '../projection.ts';

/** What each event of an order added to its customer's lifetime value: one row per event, over buckets by the order's shard. */
const customerOrderValues = defineTable({
  name: 'customer_order_value',
  partitionKey: { customer_id: 'text', bucket: 'int' },
  clusteringKey: { order_id: 'text', order_version: 'bigint' },
  columns: { amount_minor: 'bigint', currency: 'text', orders: 'int', position: 'bigint' },
});

/** What version 2 of the customers wrote: its generations answer until the next version is promoted, and after a rollback. */
export const customersVersion2: Projection = {
  name: 'customers',
  version: 2,
  contexts: ['customers', 'orders'],
  tables: [...customersProjection.tables, customerOrderValues],
  project(event) {
    switch (event.type) {
      case 'OrderPlaced':
        return value(event, event.data.keys, event.data.keys?.totalMinor ?? 0n, 1);
      case 'OrderCancelled':
        return value(event, event.data.keys, -(event.data.keys?.totalMinor ?? 0n), -1);
      case 'ItemsReturned':
        return value(event, event.data.keys, -event.data.refundMinor, 0);
      default:
        return customersProjection.project(event);
    }
  },
};

function value(
  { shard: bucket, version, position }: RecordedEvent,
  keys: OrderKeys | undefined,
  amountMinor: bigint,
  orders: number,
): readonly Mutation[] {
  if (!keys) return [];
  const key = { customer_id: keys.customerId, bucket, order_id: keys.orderId, order_version: version };
  const cells = { amount_minor: amountMinor, currency: keys.currencyCode, orders, position };
  return [write(customerOrderValues, key, cells)];
}
