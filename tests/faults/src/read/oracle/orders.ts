import type { OrderKeys } from '@meridian/contracts';
import type { Recorded } from '../history.ts';

/** An order after one of its events. */
export interface OrderAt {
  readonly orderId: string;
  readonly customerId: string;
  readonly shard: number;
  readonly version: bigint;
  readonly position: bigint;
  readonly status: string;
  readonly totalMinor: bigint;
  readonly returnedMinor: bigint;
}

const STATUS: Readonly<Record<string, string>> = {
  OrderPlaced: 'placed',
  OrderPaid: 'paid',
  OrderShipped: 'shipped',
  OrderDelivered: 'delivered',
  OrderCancelled: 'cancelled',
};

/** What an event of an order says of it; undefined for other events. */
export function keysOf(event: Recorded['event']): OrderKeys | undefined {
  return 'keys' in event.data ? event.data.keys : undefined;
}

/** Every order after each of its events: at index v - 1 as it was at version v. */
export function foldOrders(journal: readonly Recorded[]): ReadonlyMap<string, readonly OrderAt[]> {
  const orders = new Map<string, OrderAt[]>();
  for (const { event, version, position, shard } of journal) {
    const keys = keysOf(event);
    if (!keys) continue;
    const { orderId, customerId, totalMinor } = keys;
    const past = orders.get(orderId) ?? [];
    orders.set(orderId, past);
    const before = past.at(-1);
    const refund = event.type === 'ItemsReturned' ? event.data.refundMinor : 0n;
    past.push({
      orderId,
      customerId,
      shard,
      version,
      position,
      totalMinor,
      status: STATUS[event.type] ?? before?.status ?? '',
      returnedMinor: (before?.returnedMinor ?? 0n) + refund,
    });
  }
  return orders;
}
