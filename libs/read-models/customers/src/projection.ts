import type { OrderKeys } from '@meridian/contracts';
import { type Mutation, type Projection, type RecordedEvent, write } from '@meridian/projection';
import { customerOrderValues, customers } from './tables.ts';

const NOTHING = Buffer.alloc(0);
const NO_PERSONAL_DATA = { name: NOTHING, email: NOTHING, address: NOTHING };

/** Keeps the customers' read model: the customer's own row, and what the orders are worth. */
export const customersProjection: Projection = {
  name: 'customers',
  version: 2,
  contexts: ['customers', 'orders'],
  tables: [customers, customerOrderValues],
  roundMs: 50,
  project(event) {
    const { version, position } = event;
    const key = { customer_id: event.aggregateId };
    switch (event.type) {
      case 'CustomerRegistered': {
        const { personalData, country, registeredAt } = event.data;
        const cells = { ...personalData, country, erased: false, registered_at: registeredAt };
        return [write(customers, key, { ...cells, version, position })];
      }
      case 'CustomerUpdated':
        return [
          write(customers, key, {
            ...event.data.personalData,
            country: event.data.country,
            version,
            position,
          }),
        ];
      case 'CustomerErased':
        return [write(customers, key, { ...NO_PERSONAL_DATA, erased: true, version, position })];
      case 'OrderPlaced':
        return value(event, event.data.keys, event.data.keys?.totalMinor ?? 0n, 1);
      case 'OrderCancelled':
        return value(event, event.data.keys, -(event.data.keys?.totalMinor ?? 0n), -1);
      case 'ItemsReturned':
        return value(event, event.data.keys, -event.data.refundMinor, 0);
      default:
        return [];
    }
  },
};

function value(
  { shard: bucket, version, position }: RecordedEvent,
  keys: OrderKeys | undefined,
  amountMinor: bigint,
  orders: number,
): readonly Mutation[] {
  if (!keys) return [];
  const key = { customer_id: keys.customerId, bucket, order_id: keys.orderId, order_version: version };
  return [
    write(customerOrderValues, key, {
      amount_minor: amountMinor,
      currency: keys.currencyCode,
      orders,
      position,
    }),
  ];
}
