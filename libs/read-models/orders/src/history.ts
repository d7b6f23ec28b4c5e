import type { Row } from '@meridian/cassandra';
import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { bigint, isThere, text, timestamp, type Reader } from '@meridian/projection';
import { orderSteps } from './tables.ts';

/** A step of an order's history. */
export interface HistoryRow {
  readonly version: bigint;
  readonly eventType: string;
  readonly recordedAt: Date;
  readonly note: string;
}

/** A page of an order's history, oldest first. */
export interface HistoryPage {
  /** Who ordered. */
  readonly customerId: string;
  readonly steps: readonly HistoryRow[];
  /** The next page has the steps above this version; undefined on the last. */
  readonly next: bigint | undefined;
  /** The events that the order's rows include, by partition: the last of them. */
  readonly includes: Positions;
}

const NEWEST_STEPS = 100;
const NEWEST_BYTES = 256 * 1024;
const PAGE_BYTES = 512 * 1024;

/** The step that a row holds. */
export function toStep(row: Row): HistoryRow {
  return {
    version: bigint(row, 'order_version'),
    eventType: text(row, 'event_type'),
    recordedAt: timestamp(row, 'recorded_at'),
    note: text(row, 'note'),
  };
}

const bytesOf = ({ note }: HistoryRow): number => Buffer.byteLength(note);

/** Keeps the newest of many steps, which come oldest first: 100 at most, of 256 KiB of notes. */
export function newestSteps() {
  const kept: HistoryRow[] = [];
  let [total, bytes] = [0, 0];
  return {
    add(step: HistoryRow): void {
      total += 1;
      bytes += bytesOf(step);
      kept.push(step);
      while (kept.length > NEWEST_STEPS || (bytes > NEWEST_BYTES && kept.length > 1)) {
        const oldest = kept.shift();
        if (oldest) bytes -= bytesOf(oldest);
      }
    },
    kept: (): readonly HistoryRow[] => kept,
    /** How many there were. */
    total: (): number => total,
  };
}

const STEP = 'order_version, event_type, recorded_at, note, status, customer_id, version, position';

/**
 * The steps of an order above a version, oldest first: so many at most, of 512 KiB of notes. Undefined when this region does not know the
 * order, or not that it was placed.
 */
export async function listOrderHistory(
  reader: Reader,
  orderId: string,
  afterVersion: bigint,
  limit: number,
): Promise<HistoryPage | undefined> {
  // One more than the page tells whether there is a next one.
  const rows = await reader.select(orderSteps, STEP, 'WHERE order_id = ? AND order_version > ? LIMIT ?', [
    orderId,
    afterVersion,
    limit + 1,
  ]);
  const [first] = rows;
  // A later page begins behind a step that was seen: the order is there.
  const isKnown = afterVersion > 0n || first?.['event_type'] === 'OrderPlaced';
  if (!isThere(first, 'status') || !isKnown) return undefined;
  const steps = fitting(rows.slice(0, limit).map(toStep));
  const next = rows.length > steps.length ? steps.at(-1)?.version : undefined;
  const includes = new Map([[partitionKey('orders', shardOf(orderId)), bigint(first, 'position')]]);
  return { customerId: text(first, 'customer_id'), steps, next, includes };
}

/** The first of them, one at least, as many as a page may hold. */
function fitting(steps: readonly HistoryRow[]): readonly HistoryRow[] {
  let bytes = 0;
  const end = steps.findIndex((step) => (bytes += bytesOf(step)) > PAGE_BYTES);
  return end < 0 ? steps : steps.slice(0, Math.max(1, end));
}
