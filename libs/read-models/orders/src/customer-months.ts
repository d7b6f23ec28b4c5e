import { createLimiter, type Limiter } from '@meridian/async';
import type { Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, int, type Reader, text, timestamp } from '@meridian/projection';
import { BUCKETS } from '@meridian/read-store';
import { findReturned, type OrderHead } from './find-order.ts';
import { customerMonths, lastPositionOf, ordersByCustomer } from './tables.ts';

/** A month of a customer's list. */
export interface CustomerMonth {
  readonly customerId: string;
  readonly month: number;
}

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

/** Without the columns that the month shares: they would come with every row. */
const LISTED =
  'customer_id, placed_at, order_id, country, currency, status, total_minor, returned, version, position';

/** So many rows of one month of a customer's list, newest first. They begin after a place, or at the beginning. */
export function rowsOfMonth(
  reader: Reader,
  { customerId, month }: CustomerMonth,
  after: CustomerOrdersCursor | undefined,
  limit: number,
): Promise<readonly Row[]> {
  return after
    ? reader.select(
        ordersByCustomer,
        LISTED,
        'WHERE customer_id = ? AND month = ? AND (placed_at, order_id) < (?, ?) LIMIT ?',
        [customerId, month, after.placedAt, after.orderId, limit],
      )
    : reader.select(ordersByCustomer, LISTED, 'WHERE customer_id = ? AND month = ? LIMIT ?', [
        customerId,
        month,
        limit,
      ]);
}

/**
 * The events that wrote rows of a month of a customer's list, by partition: the last of them. Undefined when no event did, and in
 * a generation of version 2, whose table has no columns for them. Costs a read of one row, however many the month has.
 */
export async function lastEventsOf(
  reader: Reader,
  { customerId, month }: CustomerMonth,
): Promise<Positions | undefined> {
  // All columns, not those by name: version 2 would refuse the question.
  const [row] = await reader.select(ordersByCustomer, '*', 'WHERE customer_id = ? AND month = ? LIMIT ?', [
    customerId,
    month,
    1,
  ]);
  const found = BUCKETS.flatMap((partition) => {
    const position = row?.[lastPositionOf(partition)];
    return typeof position === 'bigint' ? [[partitionKey('orders', partition), position] as const] : [];
  });
  return found.length > 0 ? new Map(found) : undefined;
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
