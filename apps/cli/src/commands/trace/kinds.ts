import { topicOf, type AggregateType, type ContextName } from '@meridian/contracts';
import type { Projection, Reader } from '@meridian/projection';
import { catalogProjection, findProduct } from '@meridian/read-model-catalog';
import { customersProjection, findCustomer } from '@meridian/read-model-customers';
import { findAvailability, inventoryProjection } from '@meridian/read-model-inventory';
import { findOrder, ordersProjection } from '@meridian/read-model-orders';

/** An aggregate that can be traced, and the read model that shows it as a row. */
export interface Kind {
  readonly aggregateType: AggregateType;
  readonly context: ContextName;
  readonly projection: Projection;
  /** The version that the row shows; undefined when there is no row. */
  versionOf(reader: Reader, id: string): Promise<bigint | undefined>;
}

/** The kinds, by their name on the command line. */
export const KINDS: Readonly<Record<string, Kind>> = {
  order: {
    aggregateType: 'order',
    context: 'orders',
    projection: ordersProjection,
    versionOf: async (reader, id) => (await findOrder(reader, id))?.head.version,
  },
  product: {
    aggregateType: 'product',
    context: 'catalog',
    projection: catalogProjection,
    versionOf: async (reader, id) => (await findProduct(reader, id))?.version,
  },
  stock: {
    aggregateType: 'stock',
    context: 'inventory',
    projection: inventoryProjection,
    versionOf: async (reader, id) => (await findAvailability(reader, id))?.version,
  },
  customer: {
    aggregateType: 'customer',
    context: 'customers',
    projection: customersProjection,
    versionOf: async (reader, id) => (await findCustomer(reader, id))?.version,
  },
};

/** The topic of a kind's events. */
export function topicOfKind({ context }: Kind, topicPrefix: string): string {
  return topicOf(context, topicPrefix);
}
