import type { Row } from '@meridian/cassandra';
import { mergePositions, type Positions } from '@meridian/contracts';
import { withinInt64 } from '@meridian/kernel';
import { int, KAFKA_PARTITION, sum, text, type Reader } from '@meridian/projection';
import { rowPages } from '@meridian/read-store';
import { monthOfDay, monthsBetween } from './days.ts';
import { includedBy } from './included-by.ts';
import { dailySales } from './tables.ts';

/** Which row of daily sales. */
export interface DailySalesKey {
  readonly day: string;
  readonly country: string;
  readonly currencyCode: string;
}

/** What was sold on one business day to one country in one currency. */
export interface DailySalesRow extends DailySalesKey {
  readonly ordersPlaced: bigint;
  readonly ordersCancelled: bigint;
  readonly placedMinor: bigint;
  readonly cancelledMinor: bigint;
  readonly returnedMinor: bigint;
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/** Which sales to list. */
export interface DailySalesQuestion {
  readonly fromDay: string;
  readonly toDay: string;
  /** Only rows behind this one. */
  readonly after?: DailySalesKey | undefined;
  /** How many rows at most. */
  readonly limit: number;
  /** Only rows that this says yes to. */
  readonly wanted?: (row: DailySalesRow) => boolean;
  readonly signal?: AbortSignal;
}

/** A page of sales by day, then country, then currency, texts in the order of their bytes. */
export interface DailySalesPage {
  readonly rows: readonly DailySalesRow[];
  /** The next page has the rows behind this one; undefined on the last. */
  readonly next: DailySalesKey | undefined;
}

const PAGE_BYTES = 2 * 1024 * 1024;
/** A row as it is answered, without the name of its country. */
const ROW_BYTES = 150;
/** Shares of sums that are read at once: every Kafka partition has its own of a sum. */
const SHARES_AT_ONCE = 5_000;

/**
 * A page of the sales from the first day to the last, both included: so many rows at most, of 2 MiB. Months are read one after the other, and
 * no further than the page needs. Rejects with the signal's reason between two reads.
 */
export async function listDailySales(reader: Reader, question: DailySalesQuestion): Promise<DailySalesPage> {
  const { limit, wanted = () => true } = question;
  const rows: DailySalesRow[] = [];
  let bytes = 0;
  for await (const row of sumsOf(reader, question)) {
    if (!wanted(row)) continue;
    bytes += ROW_BYTES + Buffer.byteLength(row.country);
    const last = rows.at(-1);
    if (last && (rows.length >= limit || bytes > PAGE_BYTES)) return { rows, next: keyOf(last) };
    rows.push(row);
  }
  return { rows, next: undefined };
}

const keyOf = ({ day, country, currencyCode }: DailySalesKey): DailySalesKey => ({
  day,
  country,
  currencyCode,
});

async function* sumsOf(reader: Reader, question: DailySalesQuestion): AsyncGenerator<DailySalesRow, void> {
  const { fromDay, toDay, after } = question;
  for (const month of monthsBetween(after?.day ?? fromDay, toDay)) {
    // The shares of a sum lie together.
    let sum: DailySalesRow | undefined;
    for await (const share of sharesOf(reader, month, question)) {
      if (share.day > toDay) break;
      if (sum && isSame(sum, share)) sum = added(sum, share);
      else {
        if (sum) yield sum;
        sum = share;
      }
    }
    if (sum) yield sum;
  }
}

/** The shares of a month's sums from the question's beginning on, in order; a few more than its last day may follow. */
async function* sharesOf(
  reader: Reader,
  month: number,
  { fromDay, toDay, after, signal }: DailySalesQuestion,
): AsyncGenerator<DailySalesRow, void> {
  const read = (last: Row | undefined, size: number) => {
    if (last)
      return reader.select(
        dailySales,
        '*',
        `WHERE month = ? AND (day, country, currency, ${KAFKA_PARTITION}) > (?, ?, ?, ?) LIMIT ?`,
        [
          month,
          text(last, 'day'),
          text(last, 'country'),
          text(last, 'currency'),
          int(last, KAFKA_PARTITION),
          size,
        ],
      );
    return after && monthOfDay(after.day) === month
      ? reader.select(dailySales, '*', 'WHERE month = ? AND (day, country, currency) > (?, ?, ?) LIMIT ?', [
          month,
          after.day,
          after.country,
          after.currencyCode,
          size,
        ])
      : reader.select(dailySales, '*', 'WHERE month = ? AND day >= ? AND day <= ? LIMIT ?', [
          month,
          fromDay,
          toDay,
          size,
        ]);
  };
  for await (const rows of rowPages(SHARES_AT_ONCE, read, { signal, places: reader.pages }))
    for (const row of rows) yield toDailySales(row);
}

const isSame = (a: DailySalesKey, b: DailySalesKey): boolean =>
  a.day === b.day && a.country === b.country && a.currencyCode === b.currencyCode;

function toDailySales(row: Row): DailySalesRow {
  return {
    day: text(row, 'day'),
    country: text(row, 'country'),
    currencyCode: text(row, 'currency'),
    ordersPlaced: sum(row, 'orders_placed'),
    ordersCancelled: sum(row, 'orders_cancelled'),
    placedMinor: sum(row, 'placed_minor'),
    cancelledMinor: sum(row, 'cancelled_minor'),
    returnedMinor: sum(row, 'returned_minor'),
    includes: includedBy(row),
  };
}

function added(known: DailySalesRow, part: DailySalesRow): DailySalesRow {
  return {
    ...part,
    ordersPlaced: withinInt64(known.ordersPlaced + part.ordersPlaced),
    ordersCancelled: withinInt64(known.ordersCancelled + part.ordersCancelled),
    placedMinor: withinInt64(known.placedMinor + part.placedMinor),
    cancelledMinor: withinInt64(known.cancelledMinor + part.cancelledMinor),
    returnedMinor: withinInt64(known.returnedMinor + part.returnedMinor),
    includes: mergePositions(known.includes, part.includes),
  };
}
