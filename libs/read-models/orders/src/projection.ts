import type { EventOf, OrderKeys } from '@meridian/contracts';
import { type Mutation, type Projection, type RecordedEvent, write, writeStatic } from '@meridian/projection';
import { packLines } from './lines.ts';
import { customerMonths, lastPositionOf, ordersByCustomer, orderSteps } from './tables.ts';

type OrderEvent = Extract<
  RecordedEvent,
  EventOf<
    'OrderPlaced' | 'OrderPaid' | 'OrderShipped' | 'OrderDelivered' | 'OrderCancelled' | 'ItemsReturned'
  >
>;

/** Keeps the orders' read model. */
export const ordersProjection: Projection = {
  name: 'orders',
  version: 3,
  contexts: ['orders'],
  tables: [orderSteps, ordersByCustomer, customerMonths],
  project(event) {
    switch (event.type) {
      case 'OrderPlaced':
      case 'OrderPaid':
      case 'OrderShipped':
      case 'OrderDelivered':
      case 'OrderCancelled':
      case 'ItemsReturned':
        return event.data.keys?.placedAt
          ? orderChanged(event, event.data.keys, event.data.keys.placedAt)
          : [];
      default:
        return [];
    }
  },
};

/** The bucket of a customer's list: the month of an instant, in UTC, as a number that sorts: 202611. */
export function monthOf(instant: Date): number {
  return instant.getUTCFullYear() * 100 + instant.getUTCMonth() + 1;
}

const STATUS_AFTER = {
  OrderPlaced: 'placed',
  OrderPaid: 'paid',
  OrderShipped: 'shipped',
  OrderDelivered: 'delivered',
  OrderCancelled: 'cancelled',
  ItemsReturned: undefined,
} as const;

function orderChanged(event: OrderEvent, keys: OrderKeys, placedAt: Date): readonly Mutation[] {
  const { version, position } = event;
  const status = STATUS_AFTER[event.type];
  const {
    orderId: order_id,
    customerId: customer_id,
    country,
    currencyCode: currency,
    totalMinor: total_minor,
  } = keys;
  const head = { country, currency, status, total_minor, version, position };
  const month = { customer_id, month: monthOf(placedAt) };
  const step = {
    event_type: event.type,
    recorded_at: event.time,
    note: noteOf(event),
    lines:
      event.type === 'OrderPlaced' || event.type === 'ItemsReturned'
        ? packLines(event.data.lines)
        : undefined,
  };
  return [
    writeStatic(orderSteps, { order_id }, { ...head, customer_id, placed_at: placedAt }),
    write(orderSteps, { order_id, order_version: version }, step),
    writeStatic(ordersByCustomer, month, { [lastPositionOf(event.shard)]: position }),
    write(
      ordersByCustomer,
      { ...month, placed_at: placedAt, order_id },
      event.type === 'ItemsReturned' ? { ...head, returned: true } : head,
    ),
    ...(event.type === 'OrderPlaced' ? [write(customerMonths, month, { seen: true })] : []),
  ];
}

function noteOf(event: OrderEvent): string {
  switch (event.type) {
    case 'OrderPaid':
      return event.data.paymentReference;
    case 'OrderShipped':
      return [event.data.carrier, event.data.trackingNumber].filter(Boolean).join(' ');
    case 'OrderCancelled':
    case 'ItemsReturned':
      return event.data.reason;
    default:
      return '';
  }
}
