import {
  contextOfAggregate,
  isAggregateType,
  type AggregateType,
  type ContextName,
} from '@meridian/contracts';
import { keysOf } from '@meridian/kernel';
import type { Projection, Reader } from '@meridian/projection';
import { catalogProjection, findProduct } from '@meridian/read-model-catalog';
import { customersProjection, findCustomer } from '@meridian/read-model-customers';
import { findAvailability, inventoryProjection } from '@meridian/read-model-inventory';
import { findOrder, ordersProjection } from '@meridian/read-model-orders';

/** The read model that shows a kind of aggregate as rows. */
interface ShownBy {
  readonly projection: Projection;
  /** The version that the row shows; undefined when there is no row. */
  versionOf(reader: Reader, id: string): Promise<bigint | undefined>;
}

/** A kind of aggregate that can be traced. */
export interface Kind extends ShownBy {
  readonly aggregateType: AggregateType;
  readonly context: ContextName;
}

/** What shows each kind of aggregate. Undefined while no read model shows it: such a kind cannot be traced. */
const KINDS: Readonly<Record<AggregateType, ShownBy | undefined>> = {
  order: {
    projection: ordersProjection,
    versionOf: async (reader, id) => (await findOrder(reader, id))?.head.version,
  },
  product: {
    projection: catalogProjection,
    versionOf: async (reader, id) => (await findProduct(reader, id))?.version,
  },
  stock: {
    projection: inventoryProjection,
    versionOf: async (reader, id) => (await findAvailability(reader, id))?.version,
  },
  customer: {
    projection: customersProjection,
    versionOf: async (reader, id) => (await findCustomer(reader, id))?.version,
  },
};

/** The kind of this name on the command line; undefined for a name of no kind, and for a kind that cannot be traced. */
export function kindOf(name: string): Kind | undefined {
  if (!isAggregateType(name)) return undefined;
  const shownBy = KINDS[name];
  return shownBy && { ...shownBy, aggregateType: name, context: contextOfAggregate(name) };
}

/** The names of the kinds that can be traced. */
export function tracedKinds(): readonly AggregateType[] {
  return keysOf(KINDS).filter((name) => KINDS[name]);
}
