import { keysOf } from '@meridian/kernel';
import { Context } from './generated/meridian/common/v1/common.ts';

/** A context that owns events: one for each number of the contract. Each has one Kafka topic. */
export type ContextName = Lowercase<Exclude<keyof typeof Context, 'UNSPECIFIED'>>;

/** The number of each context in the contract. A context is added in `common.proto` and here; all else derives from this table. */
const WIRE_CONTEXTS: Readonly<Record<ContextName, Context>> = {
  catalog: Context.CATALOG,
  inventory: Context.INVENTORY,
  customers: Context.CUSTOMERS,
  orders: Context.ORDERS,
};

/** Every context, in the order of the contract's numbers. */
export const CONTEXTS: readonly ContextName[] = keysOf(WIRE_CONTEXTS);

/** The number of a context in the contract. */
export function toWireContext(name: ContextName): Context {
  return WIRE_CONTEXTS[name];
}

const NAME_BY_NUMBER = new Map<Context, ContextName>(CONTEXTS.map((name) => [WIRE_CONTEXTS[name], name]));

/** The context of a number of the contract; undefined for a number that this version of the code does not know. */
export function fromWireContext(wire: Context): ContextName | undefined {
  return NAME_BY_NUMBER.get(wire);
}

/**
 * The kinds of aggregate, with the context that owns each. A stock's id is its product's. Kinds are added, never taken away: the
 * journal keeps the events of all of them.
 */
const CONTEXT_BY_AGGREGATE = {
  product: 'catalog',
  stock: 'inventory',
  customer: 'customers',
  order: 'orders',
} as const satisfies Readonly<Record<string, ContextName>>;

/** A kind of aggregate. */
export type AggregateType = keyof typeof CONTEXT_BY_AGGREGATE;

/** Whether this version of the code knows a kind of aggregate. */
export function isAggregateType(type: string): type is AggregateType {
  return Object.hasOwn(CONTEXT_BY_AGGREGATE, type);
}

/** Every kind of aggregate. */
export const AGGREGATE_TYPES: readonly AggregateType[] = keysOf(CONTEXT_BY_AGGREGATE);

/** The context that owns a kind of aggregate, also for events of a newer version of the code. */
export function contextOfAggregate(type: AggregateType): ContextName {
  return CONTEXT_BY_AGGREGATE[type];
}
