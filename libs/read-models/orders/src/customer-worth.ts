import { createLimiter } from '@meridian/async';
import { mergePositions, type Positions } from '@meridian/contracts';
import { withinInt64, type Amount } from '@meridian/kernel';
import { isThere, type Reader } from '@meridian/projection';
import { rowPages } from '@meridian/read-store';
import { fewLooks, headsOf, monthsOf, placeOf, rowsOfMonth } from './customer-months.ts';
import type { OrderHead } from './find-order.ts';
import { monthOf } from './projection.ts';

/** What a customer's orders are worth. */
export interface CustomerWorth {
  /** Orders placed and not cancelled. */
  readonly ordersPlaced: number;
  /** Their worth less returns: one amount per currency in which the customer ever ordered, by code. */
  readonly lifetimeValue: readonly Amount[];
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/** Most months have fewer orders of a customer: one read finds them all. */
const ROWS_AT_ONCE = 5_000;
const MONTHS_AT_ONCE = 4;

/**
 * What a customer's orders are worth: they are added up from the customer's list, a part at a time. A customer may have any number of
 * orders. A sum stops at the largest number of 64 bits. Rejects with the signal's reason between two parts.
 */
export async function sumOfOrders(
  reader: Reader,
  customerId: string,
  signal?: AbortSignal,
): Promise<CustomerWorth> {
  const sums = createSums();
  const looks = fewLooks();
  async function add(month: number): Promise<void> {
    const pages = rowPages(
      ROWS_AT_ONCE,
      (last, size) => rowsOfMonth(reader, { customerId, month }, last && placeOf(last), size),
      signal,
    );
    for await (const rows of pages) {
      const there = rows.filter((row) => isThere(row, 'status'));
      sums.add(await headsOf(reader, there, looks, signal));
    }
  }
  // Most questions are about customers who ordered lately: the current month is read beside the list of months.
  const current = monthOf(new Date());
  const [months] = await Promise.all([monthsOf(reader, customerId), add(current)]);
  const fewAtOnce = createLimiter(MONTHS_AT_ONCE);
  await Promise.all(months.filter((month) => month !== current).map((month) => fewAtOnce(() => add(month))));
  return sums.all();
}

/** Adds orders up: an amount per currency, of which ISO 4217 has about 180, and a position per Kafka partition. */
function createSums() {
  const byCurrency = new Map<string, bigint>();
  let includes: Positions = new Map();
  let ordersPlaced = 0;
  return {
    add(orders: readonly OrderHead[]): void {
      for (const { status, currencyCode, totalMinor, returnedMinor } of orders) {
        const isPlaced = status !== 'cancelled';
        const worth = isPlaced ? totalMinor - returnedMinor : 0n;
        byCurrency.set(currencyCode, withinInt64((byCurrency.get(currencyCode) ?? 0n) + worth));
        ordersPlaced += isPlaced ? 1 : 0;
      }
      includes = mergePositions(includes, ...orders.map((order) => order.includes));
    },
    all(): CustomerWorth {
      const lifetimeValue = [...byCurrency].map(([currencyCode, amountMinor]) => ({
        currencyCode,
        amountMinor,
      }));
      lifetimeValue.sort((a, b) => (a.currencyCode < b.currencyCode ? -1 : 1));
      return { ordersPlaced, lifetimeValue, includes };
    },
  };
}
