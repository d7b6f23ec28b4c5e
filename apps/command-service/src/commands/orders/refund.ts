import type { OrderEvent } from '@meridian/domain-orders';
import type { Amount } from '@meridian/kernel';

/** What an order's events say is to be paid back; undefined when they speak of no refund. */
export function refundOf(events: readonly OrderEvent[]): Amount | undefined {
  for (const event of events) {
    if (event.type !== 'OrderCancelled' && event.type !== 'ItemsReturned') continue;
    const { keys, refundMinor } = event.data;
    if (keys) return { currencyCode: keys.currencyCode, amountMinor: refundMinor };
  }
  return undefined;
}
