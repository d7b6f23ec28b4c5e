import type { Projection } from '@meridian/projection';
import { READ_MODELS, type ReadModelName } from '@meridian/read-models';
import type { ReadModel } from './read-model.ts';

/** What this service keeps of every read model. */
export type ReadModelsByName = Readonly<Record<ReadModelName, ReadModel>>;

/** Makes one for each read model that there is. */
export function forEachReadModel(make: (projection: Projection) => ReadModel): ReadModelsByName {
  const { catalog, customers, inventory, orders, sales } = READ_MODELS;
  return {
    catalog: make(catalog),
    customers: make(customers),
    inventory: make(inventory),
    orders: make(orders),
    sales: make(sales),
  };
}
