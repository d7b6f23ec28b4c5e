import type { ContextName } from '@meridian/contracts';

/** The read models, the contexts that feed each, and how many replicas of its projector a run starts. */
export const PROJECTORS = {
  catalog: { contexts: ['catalog'], replicas: 1, tables: ['product'] },
  inventory: { contexts: ['inventory'], replicas: 2, tables: ['availability', 'stock_by_band'] },
  customers: { contexts: ['customers', 'orders'], replicas: 1, tables: ['customer', 'customer_order_value'] },
  orders: {
    contexts: ['orders'],
    replicas: 2,
    tables: ['order_step', 'order_by_customer', 'customer_month'],
  },
  sales: { contexts: ['orders'], replicas: 2, tables: ['daily_sales', 'product_sales'] },
} as const satisfies Readonly<
  Record<
    string,
    {
      readonly contexts: readonly ContextName[];
      readonly replicas: number;
      readonly tables: readonly string[];
    }
  >
>;

/** A read model's name. */
export type ProjectorName = keyof typeof PROJECTORS;

/** All read models. */
export const PROJECTOR_NAMES: readonly ProjectorName[] = [
  'catalog',
  'inventory',
  'customers',
  'orders',
  'sales',
];

/** The read model of each process of these projectors, in the order in which a run starts them; no more of one than so many. */
export function processesOf(projectors: readonly ProjectorName[], most = Infinity): readonly ProjectorName[] {
  return projectors.flatMap((name) =>
    Array.from({ length: Math.min(most, PROJECTORS[name].replicas) }, () => name),
  );
}
