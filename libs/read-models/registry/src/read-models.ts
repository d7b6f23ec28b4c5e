import { keysOf } from '@meridian/kernel';
import type { Projection } from '@meridian/projection';
import { catalogProjection } from '@meridian/read-model-catalog';
import { customersProjection } from '@meridian/read-model-customers';
import { inventoryProjection } from '@meridian/read-model-inventory';
import { ordersProjection } from '@meridian/read-model-orders';
import { salesProjection } from '@meridian/read-model-sales';

/**
 * Every read model by its name, which is its projection's. Add a read model here. Everything that runs, asks or checks
 * all read models derives from this table. Where each of them needs an entry of its own, the entries are a record of
 * these names. So a forgotten read model does not compile.
 */
export const READ_MODELS = {
  catalog: catalogProjection,
  customers: customersProjection,
  inventory: inventoryProjection,
  orders: ordersProjection,
  sales: salesProjection,
} as const satisfies Readonly<Record<string, Projection>>;

/** The name of a read model. */
export type ReadModelName = keyof typeof READ_MODELS;

/** The names of all read models. */
export const READ_MODEL_NAMES: readonly ReadModelName[] = keysOf(READ_MODELS);

/** The projections of all read models. */
export const PROJECTIONS: readonly Projection[] = READ_MODEL_NAMES.map((name) => READ_MODELS[name]);
