import { isThere, type Reader } from '@meridian/projection';
import { wholeRows } from '@meridian/read-store';
import {
  type CustomerOrdersCursor,
  fewLooks,
  headsOf,
  monthsOf,
  placeOf,
  rowsOfMonth,
} from './customer-months.ts';
import type { OrderHead } from './find-order.ts';
import { monthOf } from './projection.ts';

export type { CustomerOrdersCursor } from './customer-months.ts';

/** A page of a customer's orders, newest first. */
export interface CustomerOrdersPage {
  readonly orders: readonly OrderHead[];
  /** Where the next page starts; undefined on the last. */
  readonly next: CustomerOrdersCursor | undefined;
}

/**
 * A page of a customer's orders: newest first by placed_at, then by order id, largest first. Months are read as needed. Rejects with the
 * signal's reason between two reads.
 */
export async function listCustomerOrders(
  reader: Reader,
  customerId: string,
  cursor: CustomerOrdersCursor | undefined,
  pageSize: number,
  signal?: AbortSignal,
): Promise<CustomerOrdersPage> {
  const orders: OrderHead[] = [];
  for (const month of await monthsOf(reader, customerId, cursor && monthOf(cursor.placedAt))) {
    // One more than the page tells whether there is a next one.
    const left = pageSize + 1 - orders.length;
    if (left <= 0) break;
    const start = cursor && monthOf(cursor.placedAt) === month ? cursor : undefined;
    const rows = await wholeRows(
      left,
      (row) => isThere(row, 'status'),
      (last, size) => rowsOfMonth(reader, { customerId, month }, last ? placeOf(last) : start, size),
      signal,
    );
    orders.push(...(await headsOf(reader, rows, fewLooks(), signal)));
  }
  const page = orders.slice(0, pageSize);
  const last = page.at(-1);
  const more = orders.length > pageSize && last;
  return { orders: page, next: more ? { placedAt: last.placedAt, orderId: last.orderId } : undefined };
}
