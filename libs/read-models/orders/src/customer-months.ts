import { createLimiter, type Limiter } from '@meridian/async';
import type { Row } from '@meridian/cassandra';
import { partitionKey } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, int, type Reader, text, timestamp } from '@meridian/projection';
import { findReturned, type OrderHead } from './find-order.ts';
import { customerMonths, ordersByCustomer } from './tables.ts';

/** A place in a month of a customer's list: after this order. */
export interface CustomerOrdersCursor {
  readonly placedAt: Date;
  readonly orderId: string;
}

/** Later than all months. */
const LATEST_MONTH = 999_912;

/** The months in which a customer ordered, newest first: those up to one, or all. */
export async function monthsOf(
  reader: Reader,
  customerId: string,
  upTo: number = LATEST_MONTH,
): Promise<readonly number[]> {
  const rows = await reader.select(customerMonths, 'month', 'WHERE customer_id = ? AND month <= ?', [
    customerId,
    upTo,
  ]);
  return rows.map((row) => int(row, 'month'));
}

/** So many rows of one month of a customer's list, newest first. They begin after a place, or at the beginning. */
export function rowsOfMonth(
  reader: Reader,
  { customerId, month }: { readonly customerId: string; readonly month: number },
  after: CustomerOrdersCursor | undefined,
  limit: number,
): Promise<readonly Row[]> {
  return after
    ? reader.select(
        ordersByCustomer,
        '*',
        'WHERE customer_id = ? AND month = ? AND (placed_at, order_id) < (?, ?) LIMIT ?',
        [customerId, month, after.placedAt, after.orderId, limit],
      )
    : reader.select(ordersByCustomer, '*', 'WHERE customer_id = ? AND month = ? LIMIT ?', [
        customerId,
        month,
        limit,
      ]);
}

/** The place of a row. */
export function placeOf(row: Row): CustomerOrdersCursor {
  return { placedAt: timestamp(row, 'placed_at'), orderId: text(row, 'order_id') };
}

/** How many orders are looked at by themselves at once: those of which something came back. */
const LOOKS_AT_ONCE = 16;

/** Bounds the looks at single orders that one question takes at once. */
export const fewLooks = (): Limiter => createLimiter(LOOKS_AT_ONCE);

/**
 * The heads of listed orders, in the order of their rows. What came back of an order is told by its steps. Rejects with the signal's
 * reason between two looks at steps.
 */
export function headsOf(
  reader: Reader,
  rows: readonly Row[],
  fewAtOnce: Limiter,
  signal?: AbortSignal,
): Promise<readonly OrderHead[]> {
  return Promise.all(
    rows.map(async (row) => {
      const listed = asListed(row);
      return row['returned'] === true ? fewAtOnce(() => withReturns(reader, listed, signal)) : listed;
    }),
  );
}

function asListed(row: Row): OrderHead {
  const { orderId, placedAt } = placeOf(row);
  return {
    customerId: text(row, 'customer_id'),
    orderId,
    placedAt,
    returnedMinor: 0n,
    country: text(row, 'country'),
    currencyCode: text(row, 'currency'),
    status: text(row, 'status'),
    totalMinor: bigint(row, 'total_minor'),
    version: bigint(row, 'version'),
    includes: new Map([[partitionKey('orders', shardOf(orderId)), bigint(row, 'position')]]),
  };
}

async function withReturns(
  reader: Reader,
  listed: OrderHead,
  signal: AbortSignal | undefined,
): Promise<OrderHead> {
  signal?.throwIfAborted();
  const head = (await findReturned(reader, listed.orderId, signal)) ?? listed;
  // Read after the list's row, the steps may tell of a later event than it does: then all of the head is theirs.
  return head.version >= listed.version ? head : { ...listed, returnedMinor: head.returnedMinor };
}
