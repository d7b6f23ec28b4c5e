import { aggregateTypeOf, isAggregateType, type AggregateType, type DomainEvent } from '@meridian/contracts';
import { textOf, type Row } from '@meridian/mysql';
import { evolveProduct, type Product, type ProductEvent } from '@meridian/domain-catalog';
import { evolveCustomer, type Customer, type CustomerEvent } from '@meridian/domain-customers';
import { evolveStock, type Stock, type StockEvent } from '@meridian/domain-inventory';
import { evolveOrder, type Order, type OrderEvent } from '@meridian/domain-orders';

/** The state of every kind of aggregate. */
export interface AggregateStates {
  readonly product: Product;
  readonly stock: Stock;
  readonly customer: Customer;
  readonly order: Order;
}

/** Names one aggregate; it need not exist. */
export interface AggregateRef {
  readonly type: AggregateType;
  readonly id: string;
}

/** A state (undefined: there is no such aggregate) and its version (0n: none). */
export interface Versioned<State> {
  readonly state: State | undefined;
  readonly version: bigint;
}

/** The kind of aggregate that a journal row tells of. */
export function aggregateTypeIn(row: Row): AggregateType {
  const type = textOf(row, 'aggregate_type');
  if (isAggregateType(type)) return type;
  throw new Error(`the journal holds an unknown aggregate type: ${type}`);
}

const isProductEvent = (event: DomainEvent): event is ProductEvent =>
  aggregateTypeOf(event.type) === 'product';
const isStockEvent = (event: DomainEvent): event is StockEvent => aggregateTypeOf(event.type) === 'stock';
const isCustomerEvent = (event: DomainEvent): event is CustomerEvent =>
  aggregateTypeOf(event.type) === 'customer';
const isOrderEvent = (event: DomainEvent): event is OrderEvent => aggregateTypeOf(event.type) === 'order';

type Evolve<State> = (state: State | undefined, event: DomainEvent) => State;

function guarded<State, Event extends DomainEvent>(
  aggregate: AggregateType,
  belongs: (event: DomainEvent) => event is Event,
  evolve: (state: State | undefined, event: Event) => State,
): Evolve<State> {
  return (state, event) => {
    if (!belongs(event)) throw new Error(`${event.type} is no event of a ${aggregate}`);
    return evolve(state, event);
  };
}

/** How each kind of aggregate follows from its events. Throws for an event of another kind. */
export const EVOLVE: { readonly [T in AggregateType]: Evolve<AggregateStates[T]> } = {
  product: guarded('product', isProductEvent, evolveProduct),
  stock: guarded('stock', isStockEvent, evolveStock),
  customer: guarded('customer', isCustomerEvent, evolveCustomer),
  order: guarded('order', isOrderEvent, evolveOrder),
};
