import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, isThere, type Reader, text, timestamp } from '@meridian/projection';
import { unpackLines, type PackedLine } from './lines.ts';
import { orderSteps } from './tables.ts';

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

/** One order, by one read of one partition; undefined when this region does not know it, or not that it was placed. */
export async function findOrder(reader: Reader, orderId: string): Promise<OrderRow | undefined> {
  const rows = await reader.select(orderSteps, '*', 'WHERE order_id = ?', [orderId]);
  const [first] = rows;
  const steps = rows.filter((row) => typeof row['event_type'] === 'string');
  const isPlaced = steps.some((row) => row['event_type'] === 'OrderPlaced');
  if (!isPlaced || !isThere(first, 'status')) return undefined;
  const lines = (type: string) =>
    steps.filter((row) => row['event_type'] === type).flatMap((row) => unpackLines(text(row, 'lines')));
  const returned = lines('ItemsReturned');
  return {
    head: {
      orderId,
      customerId: text(first, 'customer_id'),
      country: text(first, 'country'),
      currencyCode: text(first, 'currency'),
      status: text(first, 'status'),
      totalMinor: bigint(first, 'total_minor'),
      returnedMinor: returned.reduce(
        (sum, { quantity, unitPriceMinor }) => sum + quantity * unitPriceMinor,
        0n,
      ),
      placedAt: timestamp(first, 'placed_at'),
      version: bigint(first, 'version'),
      includes: new Map([[partitionKey('orders', shardOf(orderId)), bigint(first, 'position')]]),
    },
    lines: lines('OrderPlaced').map((line) => toLine(line, returned)),
    history: steps.map((row) => ({
      version: bigint(row, 'order_version'),
      eventType: text(row, 'event_type'),
      recordedAt: timestamp(row, 'recorded_at'),
      note: text(row, 'note'),
    })),
  };
}

function toLine(line: PackedLine, returned: readonly PackedLine[]): OrderLineRow {
  const back = returned.filter(({ lineNo }) => lineNo === line.lineNo);
  return { ...line, returnedQuantity: back.reduce((sum, { quantity }) => sum + quantity, 0n) };
}
