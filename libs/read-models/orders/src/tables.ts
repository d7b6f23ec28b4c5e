import { defineTable } from '@meridian/projection';
import { BUCKETS } from '@meridian/read-store';

/**
 * Everything of one order in one partition, so that one read answers. The head is in static columns. There is one row
 * per event: a step of the history, with the lines that the step placed or returned (see lines.ts). A row costs the
 * store more than what is in it. All of it is written by the order.
 */
export const orderSteps = defineTable({
  name: 'order_step',
  partitionKey: { order_id: 'text' },
  clusteringKey: { order_version: 'bigint' },
  staticColumns: {
    customer_id: 'text',
    country: 'text',
    currency: 'text',
    status: 'text',
    total_minor: 'bigint',
    placed_at: 'timestamp',
    version: 'bigint',
    position: 'bigint',
  },
  columns: {
    event_type: 'text',
    recorded_at: 'timestamp',
    note: 'text',
    lines: 'text',
  },
});

/** The static column of a month that holds the position of the last event of a Kafka partition that wrote a row there. */
export const lastPositionOf = (kafkaPartition: number): string => `last_position_${kafkaPartition}`;

/**
 * A customer's orders of one month, newest first. What came back of an order is in its steps: `returned` says that there is such
 * a step to look for. The static columns say which events wrote rows of the month, by Kafka partition: the last of them. Orders of
 * one Kafka partition share a column. The event's position is both its value and what its timestamp follows from, so the highest wins.
 */
export const ordersByCustomer = defineTable({
  name: 'order_by_customer',
  partitionKey: { customer_id: 'text', month: 'int' },
  clusteringKey: { placed_at: 'timestamp', order_id: 'text' },
  descending: ['placed_at', 'order_id'],
  columns: {
    country: 'text',
    currency: 'text',
    status: 'text',
    total_minor: 'bigint',
    returned: 'boolean',
    version: 'bigint',
    position: 'bigint',
  },
  staticColumns: Object.fromEntries(BUCKETS.map((bucket) => [lastPositionOf(bucket), 'bigint' as const])),
});

/** The months in which a customer ordered, newest first: a row is a month, whoever of the orders wrote it. */
export const customerMonths = defineTable({
  name: 'customer_month',
  partitionKey: { customer_id: 'text' },
  clusteringKey: { month: 'int' },
  descending: ['month'],
  columns: { seen: 'boolean' },
  isConstant: true,
});
