import type { Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, isThere, text, timestamp, type Reader } from '@meridian/projection';
import { newestSteps, toStep, type HistoryRow } from './history.ts';
import { unpackLines, type PackedLine } from './lines.ts';
import { orderSteps } from './tables.ts';

/** Most orders have fewer steps: one read finds them all. */
const FIRST_ROWS = 24;
const FEWEST_ROWS = 8;
const MOST_ROWS = 1_000;
/** The version of an order that was just placed. */
const PLACED_VERSION = 1n;
/** About as much is read at once. A step that placed or returned 1,200 lines has a megabyte. */
const PAGE_BYTES = 4 * 1024 * 1024;

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

/**
 * The head of an order that came back in part; undefined when no step after its first is known here. The first step is not read:
 * its lines are the most of an order, and say nothing of what came back. Rejects with the signal's reason between two pages.
 */
export async function findReturned(
  reader: Reader,
  orderId: string,
  signal?: AbortSignal,
): Promise<OrderHead | undefined> {
  const returned = returnedSums();
  let last: Row | undefined;
  for await (const rows of stepPages(reader, orderId, signal, PLACED_VERSION)) {
    last = rows.at(-1);
    for (const row of rows)
      if (row['event_type'] === 'ItemsReturned') returned.add(unpackLines(text(row, 'lines')));
  }
  return isThere(last, 'status') ? toHead(orderId, last, returned.minor()) : undefined;
}

/**
 * The rows of one order above a version, by version, a page at a time. A page has about 4 MiB, estimated from the rows before it. The
 * static columns of a row are as they were when its page was read, and a later page has only later steps. So the head
 * of the last row fits all rows. Rejects with the signal's reason between two pages.
 */
async function* stepPages(
  reader: Reader,
  orderId: string,
  signal?: AbortSignal,
  above = 0n,
): AsyncGenerator<readonly Row[], void> {
  const after = (version: bigint, limit: number) =>
    reader.select(orderSteps, '*', 'WHERE order_id = ? AND order_version > ? LIMIT ?', [
      orderId,
      version,
      limit,
    ]);
  let rows = await (above > 0n
    ? after(above, FIRST_ROWS)
    : reader.select(orderSteps, '*', 'WHERE order_id = ? LIMIT ?', [orderId, FIRST_ROWS]));
  for (let limit = FIRST_ROWS; ;) {
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (rows.length < limit || !last) return;
    signal?.throwIfAborted();
    const bytesOfRow = Math.max(1, rows.reduce((sum, row) => sum + sizeOf(row), 0) / rows.length);
    limit = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.floor(PAGE_BYTES / bytesOfRow)));
    rows = await after(bigint(last, 'order_version'), limit);
  }
}

const lengthOf = (cell: unknown): number => (typeof cell === 'string' ? cell.length : 0);
const sizeOf = (row: Row): number => 200 + lengthOf(row['lines']) + lengthOf(row['note']);

function toHead(orderId: string, row: Row, returnedMinor: bigint): OrderHead {
  return {
    orderId,
    returnedMinor,
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
