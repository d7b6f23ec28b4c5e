import type { Row } from '@meridian/cassandra';
import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, int, isThere, text, timestamp, wholeRows, type Reader } from '@meridian/projection';
import type { OrderHead } from './find-order.ts';
import { monthOf } from './month.ts';
import { customerMonths, ordersByCustomer, returnsByCustomer } from './tables.ts';

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
  const refunds = await refundsOf(reader, customerId, month, there);
  return there.map((row) => toHead(row, customerId, refunds.get(text(row, 'order_id'))));
}

/** What came back of one order, and the last event that says so. */
interface Refunds {
  readonly minor: bigint;
  readonly position: bigint;
}

/** What came back of the orders between the first and the last row. */
async function refundsOf(
  reader: Reader,
  customerId: string,
  month: number,
  rows: readonly Row[],
): Promise<ReadonlyMap<string, Refunds>> {
  const [newest, oldest] = [rows.at(0), rows.at(-1)];
  const refunds = new Map<string, Refunds>();
  if (!newest || !oldest) return refunds;
  const returns = await reader.select(
    returnsByCustomer,
    'order_id, refund_minor, position',
    'WHERE customer_id = ? AND month = ? AND placed_at <= ? AND placed_at >= ?',
    [customerId, month, timestamp(newest, 'placed_at'), timestamp(oldest, 'placed_at')],
  );
  for (const row of returns) {
    const orderId = text(row, 'order_id');
    const { minor, position } = refunds.get(orderId) ?? { minor: 0n, position: 0n };
    refunds.set(orderId, {
      minor: minor + bigint(row, 'refund_minor'),
      position: later(position, bigint(row, 'position')),
    });
  }
  return refunds;
}

function toHead(row: Row, customerId: string, refunds: Refunds | undefined): OrderHead {
  const orderId = text(row, 'order_id');
  // The refunds are read after the row, and may tell of a later event than it does.
  const position = later(bigint(row, 'position'), refunds?.position ?? 0n);
  return {
    customerId,
    orderId,
    returnedMinor: refunds?.minor ?? 0n,
    country: text(row, 'country'),
    currencyCode: text(row, 'currency'),
    status: text(row, 'status'),
    totalMinor: bigint(row, 'total_minor'),
    placedAt: timestamp(row, 'placed_at'),
    version: bigint(row, 'version'),
    includes: new Map([[partitionKey('orders', shardOf(orderId)), position]]),
  };
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
