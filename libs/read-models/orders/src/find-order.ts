import type { Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, isThere, text, timestamp, type Reader } from '@meridian/projection';
import { newestSteps, toStep, type HistoryRow } from './history.ts';
import { unpackLines, type PackedLine } from './lines.ts';
import { stepPages } from './step-pages.ts';

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

/** A whole order. */
export interface OrderRow {
  readonly head: OrderHead;
  /** By number. */
  readonly lines: readonly OrderLineRow[];
  /** The newest steps, oldest first; listOrderHistory gives all of them. */
  readonly history: readonly HistoryRow[];
  /** How many steps there are in all. */
  readonly historyTotal: number;
  /** Whether every step from the first to the head's version is there: then nothing of the order is missing up to the head's position. */
  readonly isGapless: boolean;
}

/** The position up to which the rows hold all events of their order, whichever of them reached this region; undefined if some are missing. */
export function orderProvenUpTo({ isGapless, head }: OrderRow): Positions | undefined {
  return isGapless ? head.includes : undefined;
}

/**
 * One order; undefined when this region does not know it, or not that it was placed. Its steps are read a page at a time, since an
 * order may have thousands; what came back is the sum over all of them. Rejects with the signal's reason between two pages.
 */
export async function findOrder(
  reader: Reader,
  orderId: string,
  signal?: AbortSignal,
): Promise<OrderRow | undefined> {
  const history = newestSteps();
  const returned = returnedSums();
  let placed: readonly PackedLine[] | undefined;
  let last: Row | undefined;
  /** The version up to which every step was there. */
  let gaplessTo = 0n;
  for await (const rows of stepPages(reader, orderId, signal)) {
    last = rows.at(-1);
    for (const row of rows) {
      // A row without a step has the static columns only.
      if (typeof row['event_type'] !== 'string') continue;
      const step = toStep(row);
      history.add(step);
      if (step.version === gaplessTo + 1n) gaplessTo = step.version;
      if (row['event_type'] === 'OrderPlaced') placed = unpackLines(text(row, 'lines'));
      if (row['event_type'] === 'ItemsReturned') returned.add(unpackLines(text(row, 'lines')));
    }
  }
  if (!placed || !isThere(last, 'status')) return undefined;
  const head = toHead(orderId, last, returned.minor());
  return {
    head,
    lines: placed.map((line) => ({ ...line, returnedQuantity: returned.piecesOf(line.lineNo) })),
    history: history.kept(),
    historyTotal: history.total(),
    // Each event of an order is a step: one more than there should be is newer than the head, and proves nothing either.
    isGapless: gaplessTo === head.version && BigInt(history.total()) === head.version,
  };
}

function toHead(orderId: string, row: Row, returnedMinor: bigint): OrderHead {
  return {
    ...{ orderId, returnedMinor },
    customerId: text(row, 'customer_id'),
    country: text(row, 'country'),
    currencyCode: text(row, 'currency'),
    status: text(row, 'status'),
    totalMinor: bigint(row, 'total_minor'),
    placedAt: timestamp(row, 'placed_at'),
    version: bigint(row, 'version'),
    includes: new Map([[partitionKey('orders', shardOf(orderId)), bigint(row, 'position')]]),
  };
}

/** Adds up what came back, by line and in money: the steps themselves need not be kept. */
function returnedSums() {
  const pieces = new Map<number, bigint>();
  let minor = 0n;
  return {
    add(lines: readonly PackedLine[]): void {
      for (const { lineNo, quantity, unitPriceMinor } of lines) {
        pieces.set(lineNo, (pieces.get(lineNo) ?? 0n) + quantity);
        minor += quantity * unitPriceMinor;
      }
    },
    piecesOf: (lineNo: number): bigint => pieces.get(lineNo) ?? 0n,
    minor: (): bigint => minor,
  };
}
