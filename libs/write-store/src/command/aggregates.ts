import { isAggregateType, type AggregateType } from '@meridian/contracts';
import { textOf, type Row } from '@meridian/mysql';
import { type Product, type ProductEvent } from '@meridian/domain-catalog';
import { type Customer, type CustomerEvent } from '@meridian/domain-customers';
import { type Stock, type StockEvent } from '@meridian/domain-inventory';
import { type Order, type OrderEvent } from '@meridian/domain-orders';

/** The state of every kind of aggregate. */
export interface AggregateStates {
  readonly product: Product;
  readonly stock: Stock;
  readonly customer: Customer;
  readonly order: Order;
}

/** The events of every kind of aggregate. */
export interface AggregateEvents {
  readonly product: ProductEvent;
  readonly stock: StockEvent;
  readonly customer: CustomerEvent;
  readonly order: OrderEvent;
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
