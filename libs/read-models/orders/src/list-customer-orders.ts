import type { Row } from '@meridian/cassandra';
import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, int, isThere, type Reader, text, timestamp } from '@meridian/projection';
import { createLimiter } from '@meridian/async';
import { wholeRows } from '@meridian/read-store';
import { findOrder, type OrderHead } from './find-order.ts';
import { monthOf } from './projection.ts';
import { customerMonths, ordersByCustomer } from './tables.ts';

/** Where a page of a customer's orders starts: after this order. */
export interface CustomerOrdersCursor {
  readonly placedAt: Date;
  readonly orderId: string;
}

/** A page of a customer's orders, newest first. */
export interface CustomerOrdersPage {
  readonly orders: readonly OrderHead[];
  /** Where the next page starts; undefined on the last. */
  readonly next: CustomerOrdersCursor | undefined;
}

/** How many orders of a page are looked at by themselves at once: those of which something came back. */
const LOOKS_AT_ONCE = 16;

/** A page of a customer's orders: newest first by placed_at, then by order id, largest first. Months are read as needed. */
export async function listCustomerOrders(
  reader: Reader,
  customerId: string,
  cursor: CustomerOrdersCursor | undefined,
  pageSize: number,
): Promise<CustomerOrdersPage> {
  const orders: OrderHead[] = [];
  for (const month of await monthsOf(reader, customerId, cursor)) {
    // One more than the page tells whether there is a next one.
    const left = pageSize + 1 - orders.length;
    if (left <= 0) break;
    orders.push(...(await readMonth(reader, customerId, month, cursor, left)));
  }
  const page = orders.slice(0, pageSize);
  const last = page.at(-1);
  const more = orders.length > pageSize && last;
  return { orders: page, next: more ? { placedAt: last.placedAt, orderId: last.orderId } : undefined };
}

async function monthsOf(
  reader: Reader,
  customerId: string,
  cursor: CustomerOrdersCursor | undefined,
): Promise<number[]> {
  const newest = cursor ? monthOf(cursor.placedAt) : 999_912;
  const rows = await reader.select(customerMonths, 'month', 'WHERE customer_id = ? AND month <= ?', [
    customerId,
    newest,
  ]);
  return rows.map((row) => int(row, 'month'));
}

async function readMonth(
  reader: Reader,
  customerId: string,
  month: number,
  cursor: CustomerOrdersCursor | undefined,
  limit: number,
): Promise<readonly OrderHead[]> {
  const start = cursor && monthOf(cursor.placedAt) === month ? cursor : undefined;
  const there = await wholeRows(
    limit,
    (row) => isThere(row, 'status'),
    (last, size) => {
      const after = last
        ? [timestamp(last, 'placed_at'), text(last, 'order_id')]
        : start && [start.placedAt, start.orderId];
      return after
        ? reader.select(
            ordersByCustomer,
            '*',
            'WHERE customer_id = ? AND month = ? AND (placed_at, order_id) < (?, ?) LIMIT ?',
            [customerId, month, ...after, size],
          )
        : reader.select(ordersByCustomer, '*', 'WHERE customer_id = ? AND month = ? LIMIT ?', [
            customerId,
            month,
            size,
          ]);
    },
  );
  const fewAtOnce = createLimiter(LOOKS_AT_ONCE);
  return Promise.all(there.map((row) => fewAtOnce(() => headOf(reader, customerId, row))));
}

/** The head of an order as the list has it; what came back of it is told by its steps. */
async function headOf(reader: Reader, customerId: string, row: Row): Promise<OrderHead> {
  const orderId = text(row, 'order_id');
  const listed = {
    customerId,
    orderId,
    returnedMinor: 0n,
    country: text(row, 'country'),
    currencyCode: text(row, 'currency'),
    status: text(row, 'status'),
    totalMinor: bigint(row, 'total_minor'),
    placedAt: timestamp(row, 'placed_at'),
    version: bigint(row, 'version'),
    includes: new Map([[partitionKey('orders', shardOf(orderId)), bigint(row, 'position')]]),
  };
  if (row['returned'] !== true) return listed;
  const { head } = (await findOrder(reader, orderId)) ?? { head: listed };
  // Read after the list's row, the steps may tell of a later event than it does: then all of the head is theirs.
  return head.version >= listed.version ? head : { ...listed, returnedMinor: head.returnedMinor };
}
