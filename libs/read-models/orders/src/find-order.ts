import type { Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, int, isThere, text, timestamp, type Reader } from '@meridian/projection';
import { orderItems } from './tables.ts';

/** An order's head. */
export interface OrderHead {
  readonly orderId: string;
  readonly customerId: string;
  readonly country: string;
  readonly currencyCode: string;
  readonly status: string;
  readonly totalMinor: bigint;
  /** What came back, in money. */
  readonly returnedMinor: bigint;
  readonly placedAt: Date;
  readonly version: bigint;
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/** A line of an order. */
export interface OrderLineRow {
  readonly lineNo: number;
  readonly productId: string;
  readonly productName: string;
  readonly quantity: bigint;
  readonly returnedQuantity: bigint;
  readonly unitPriceMinor: bigint;
}

/** A step of an order's history. */
export interface HistoryRow {
  readonly version: bigint;
  readonly eventType: string;
  readonly recordedAt: Date;
  readonly note: string;
}

/** A whole order. */
export interface OrderRow {
  readonly head: OrderHead;
  /** By number. */
  readonly lines: readonly OrderLineRow[];
  /** Oldest first. */
  readonly history: readonly HistoryRow[];
}

/** One order, by one read of one partition; undefined when this region does not know it. */
export async function findOrder(reader: Reader, orderId: string): Promise<OrderRow | undefined> {
  const rows = await reader.select(orderItems, '*', 'WHERE order_id = ?', [orderId]);
  const [first] = rows;
  if (!isThere(first)) return undefined;
  const items = Map.groupBy(rows, (row) => row['kind']);
  const returned = items.get('return') ?? [];
  return {
    head: {
      orderId,
      customerId: text(first, 'customer_id'),
      country: text(first, 'country'),
      currencyCode: text(first, 'currency'),
      status: text(first, 'status'),
      totalMinor: bigint(first, 'total_minor'),
      returnedMinor: returned.reduce(
        (sum, row) => sum + bigint(row, 'quantity') * bigint(row, 'unit_price_minor'),
        0n,
      ),
      placedAt: timestamp(first, 'placed_at'),
      version: bigint(first, 'version'),
      includes: new Map([[partitionKey('orders', shardOf(orderId)), bigint(first, 'position')]]),
    },
    lines: (items.get('line') ?? []).map((row) => toLine(row, returned)),
    history: (items.get('history') ?? []).map((row) => ({
      version: bigint(row, 'order_version'),
      eventType: text(row, 'event_type'),
      recordedAt: timestamp(row, 'recorded_at'),
      note: text(row, 'note'),
    })),
  };
}

function toLine(row: Row, returned: readonly Row[]): OrderLineRow {
  const lineNo = int(row, 'line_no');
  const back = returned.filter((candidate) => candidate['line_no'] === lineNo);
  return {
    lineNo,
    productId: text(row, 'product_id'),
    productName: text(row, 'product_name'),
    quantity: bigint(row, 'quantity'),
    returnedQuantity: back.reduce((sum, candidate) => sum + bigint(candidate, 'quantity'), 0n),
    unitPriceMinor: bigint(row, 'unit_price_minor'),
  };
}
