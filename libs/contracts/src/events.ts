import { keysOf } from '@meridian/kernel';
import { contextOfAggregate, type AggregateType, type ContextName } from './contexts.ts';
import type { EventEnvelope } from './envelope.ts';
import * as catalog from './generated/meridian/catalog/v1/events.ts';
import * as customers from './generated/meridian/customers/v1/events.ts';
import * as inventory from './generated/meridian/inventory/v1/events.ts';
import * as orders from './generated/meridian/orders/v1/events.ts';

/** The data of every type of event. */
export interface EventDataByType {
  ProductCreated: catalog.ProductCreated;
  PriceChanged: catalog.PriceChanged;
  ProductDiscontinued: catalog.ProductDiscontinued;
  StockReceived: inventory.StockReceived;
  StockAdjusted: inventory.StockAdjusted;
  StockReserved: inventory.StockReserved;
  StockReleased: inventory.StockReleased;
  StockShipped: inventory.StockShipped;
  StockReturned: inventory.StockReturned;
  CustomerRegistered: customers.CustomerRegistered;
  CustomerUpdated: customers.CustomerUpdated;
  CustomerErased: customers.CustomerErased;
  OrderPlaced: orders.OrderPlaced;
  OrderPaid: orders.OrderPaid;
  OrderShipped: orders.OrderShipped;
  OrderDelivered: orders.OrderDelivered;
  OrderCancelled: orders.OrderCancelled;
  ItemsReturned: orders.ItemsReturned;
}

interface Definition<Data> {
  readonly aggregateType: AggregateType;
  readonly codec: { encode(data: Data): { finish(): Uint8Array }; decode(payload: Uint8Array): Data };
}

/** Every event by its short type name. Types are added, never changed or taken away: the journal keeps all of them. */
const definitions: { readonly [T in keyof EventDataByType]: Definition<EventDataByType[T]> } = {
  ProductCreated: { aggregateType: 'product', codec: catalog.ProductCreated },
  PriceChanged: { aggregateType: 'product', codec: catalog.PriceChanged },
  ProductDiscontinued: { aggregateType: 'product', codec: catalog.ProductDiscontinued },
  StockReceived: { aggregateType: 'stock', codec: inventory.StockReceived },
  StockAdjusted: { aggregateType: 'stock', codec: inventory.StockAdjusted },
  StockReserved: { aggregateType: 'stock', codec: inventory.StockReserved },
  StockReleased: { aggregateType: 'stock', codec: inventory.StockReleased },
  StockShipped: { aggregateType: 'stock', codec: inventory.StockShipped },
  StockReturned: { aggregateType: 'stock', codec: inventory.StockReturned },
  CustomerRegistered: {
    aggregateType: 'customer',
    codec: customers.CustomerRegistered,
  },
  CustomerUpdated: { aggregateType: 'customer', codec: customers.CustomerUpdated },
  CustomerErased: { aggregateType: 'customer', codec: customers.CustomerErased },
  OrderPlaced: { aggregateType: 'order', codec: orders.OrderPlaced },
  OrderPaid: { aggregateType: 'order', codec: orders.OrderPaid },
  OrderShipped: { aggregateType: 'order', codec: orders.OrderShipped },
  OrderDelivered: { aggregateType: 'order', codec: orders.OrderDelivered },
  OrderCancelled: { aggregateType: 'order', codec: orders.OrderCancelled },
  ItemsReturned: { aggregateType: 'order', codec: orders.ItemsReturned },
};

/** The short name of a type of event, such as `OrderPlaced`. */
export type EventType = keyof EventDataByType;

/** The data of a type of event. */
export type EventData<T extends EventType> = EventDataByType[T];

/** An event before it is recorded: its type and its data. */
export type EventOf<T extends EventType> = { [K in T]: { readonly type: K; readonly data: EventData<K> } }[T];

/** Any event of the system. */
export type DomainEvent = EventOf<EventType>;

/** Every type of event. */
export const EVENT_TYPES: readonly EventType[] = keysOf(definitions);

/** Whether this version of the code knows a type of event. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(definitions, type);
}

/** Which context a type of event belongs to: the topic it is published on. */
export function contextOf(type: EventType): ContextName {
  return contextOfAggregate(definitions[type].aggregateType);
}

/** Which kind of aggregate a type of event tells of. */
export function aggregateTypeOf(type: EventType): AggregateType {
  return definitions[type].aggregateType;
}

/** The event's data in protobuf's binary form. */
export function encodeEvent<T extends EventType>(event: {
  readonly type: T;
  readonly data: EventDataByType[T];
}): Uint8Array {
  return definitions[event.type].codec.encode(event.data).finish();
}

/**
 * Reads an event's data. Throws when the bytes are no such message; fields that this version does not know are skipped.
 */
export function decodeEvent(type: EventType, payload: Uint8Array): DomainEvent {
  // The registry pairs each name with its own codec; the compiler cannot follow that through a union.
  return { type, data: definitions[type].codec.decode(payload) } as DomainEvent;
}

/** An event of the journal with its data decoded; `switch (event.type)` narrows `event.data`. */
export type RecordedEvent = Omit<EventEnvelope, 'type'> & DomainEvent;

/** Decodes an event's data; undefined when this version of the code does not know its type. Throws when it is damaged. */
export function toRecordedEvent(envelope: EventEnvelope): RecordedEvent | undefined {
  const { type, ...rest } = envelope;
  if (!isEventType(type)) return undefined;
  return { ...rest, ...decodeEvent(type, envelope.payload) };
}
