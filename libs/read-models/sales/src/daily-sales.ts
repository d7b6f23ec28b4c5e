import type { Row } from '@meridian/cassandra';
import { mergePositions, type Positions } from '@meridian/contracts';
import { withinInt64 } from '@meridian/kernel';
import { bigint, type Reader, text } from '@meridian/projection';
import { monthsBetween } from './days.ts';
import { includedBy } from './included-by.ts';
import { dailySales } from './tables.ts';

/** What was sold on one business day to one country in one currency. */
export interface DailySalesRow {
  readonly day: string;
  readonly country: string;
  readonly currencyCode: string;
  readonly ordersPlaced: bigint;
  readonly ordersCancelled: bigint;
  readonly placedMinor: bigint;
  readonly cancelledMinor: bigint;
  readonly returnedMinor: bigint;
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/** Sales by day, then country, then currency, from the first day to the last, both included. */
export async function dailySalesBetween(
  reader: Reader,
  fromDay: string,
  toDay: string,
): Promise<readonly DailySalesRow[]> {
  const months = await Promise.all(
    monthsBetween(fromDay, toDay).map((month) =>
      reader.select(dailySales, '*', 'WHERE month = ? AND day >= ? AND day <= ?', [month, fromDay, toDay]),
    ),
  );
  const sums = new Map<string, DailySalesRow>();
  for (const row of months.flat()) {
    const part = toDailySales(row);
    const id = JSON.stringify([part.day, part.country, part.currencyCode]);
    sums.set(id, sum(sums.get(id), part));
  }
  return [...sums.values()].sort(
    (a, b) =>
      compare(a.day, b.day) || compare(a.country, b.country) || compare(a.currencyCode, b.currencyCode),
  );
}

function toDailySales(row: Row): DailySalesRow {
  return {
    day: text(row, 'day'),
    country: text(row, 'country'),
    currencyCode: text(row, 'currency'),
    ordersPlaced: bigint(row, 'orders_placed'),
    ordersCancelled: bigint(row, 'orders_cancelled'),
    placedMinor: bigint(row, 'placed_minor'),
    cancelledMinor: bigint(row, 'cancelled_minor'),
    returnedMinor: bigint(row, 'returned_minor'),
    includes: includedBy(row),
  };
}

function sum(known: DailySalesRow | undefined, part: DailySalesRow): DailySalesRow {
  if (!known) return part;
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

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
