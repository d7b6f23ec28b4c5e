import type { Recorded } from '../history.ts';
import { expectedTable, put, type ExpectedTable } from './cells.ts';

/** The customers' rows, and what each event of their orders is worth. */
export function customerRows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  const customers = expectedTable('customer', 'customer_id');
  const values = expectedTable('customer_order_value', 'customer_id', 'order_id', 'order_version');
  for (const { event, aggregateId, version, position, shard: bucket } of journal) {
    const write = (cells: Record<string, unknown>) =>
      put(customers, { customer_id: aggregateId }, { ...cells, version, position });
    const worth = (sign: bigint, amount: bigint, orders: number) => {
      if (!('keys' in event.data) || !event.data.keys) return;
      const { customerId, orderId, currencyCode } = event.data.keys;
      const key = { customer_id: customerId, order_id: orderId, order_version: version };
      put(values, key, { bucket, amount_minor: sign * amount, currency: currencyCode, orders, position });
    };
    switch (event.type) {
      case 'CustomerRegistered': {
        const { personalData, country, registeredAt } = event.data;
        write({ ...personalData, country, erased: false, registered_at: registeredAt });
        break;
      }
      case 'CustomerUpdated':
        write({ ...event.data.personalData, country: event.data.country });
        break;
      case 'CustomerErased':
        write({ name: '', email: '', address: '', erased: true });
        break;
      case 'OrderPlaced':
        worth(1n, event.data.keys?.totalMinor ?? 0n, 1);
        break;
      case 'OrderCancelled':
        worth(-1n, event.data.keys?.totalMinor ?? 0n, -1);
        break;
      case 'ItemsReturned':
        worth(-1n, event.data.refundMinor, 0);
        break;
      default:
    }
  }
  return [customers, values];
}
