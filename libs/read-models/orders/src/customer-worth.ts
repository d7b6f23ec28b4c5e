import { createLimiter } from '@meridian/async';
import type { Positions } from '@meridian/contracts';
import type { Amount } from '@meridian/kernel';
import { isThere, type Reader } from '@meridian/projection';
import { type Completeness, missingOf, rowPages } from '@meridian/read-store';
import {
  type CustomerMonth,
  fewLooks,
  headsOf,
  lastEventsOf,
  monthsOf,
  placeOf,
  rowsOfMonth,
} from './customer-months.ts';
import { monthOf } from './projection.ts';
import type { RememberedMonths } from './remembered-months.ts';
import { addUp, NO_WORTH, worthOf, type Worth } from './worth.ts';

/** What a customer's orders are worth. */
export interface CustomerWorth extends Pick<Worth, 'ordersPlaced' | 'includes'> {
  /** Their worth less returns: one amount per currency in which the customer ever ordered, by code. */
  readonly lifetimeValue: readonly Amount[];
}

/** How a sum is made. */
export interface SumOptions {
  readonly signal?: AbortSignal | undefined;
  /** Months that were added up before. They are used again, and added to, where `completeness` is known, too. */
  readonly remembered?: RememberedMonths | undefined;
  /** What is known of the reader's rows. */
  readonly completeness?: Completeness | undefined;
}

/** Most months have fewer orders of a customer: one read finds them all. */
const ROWS_AT_ONCE = 5_000;
const MONTHS_AT_ONCE = 4;

/**
 * What a customer's orders are worth: they are added up from the customer's list, a part at a time. A customer may have any number of
 * orders. A month that is remembered, and in which nothing has changed since, costs the read of one row. A sum stops at the largest
 * number of 64 bits. Rejects with the signal's reason between two parts.
 */
export async function sumOfOrders(
  reader: Reader,
  customerId: string,
  options: SumOptions = {},
): Promise<CustomerWorth> {
  const worthOfMonth = createMonthSums(reader, options);
  // Most questions are about customers who ordered lately: the current month is read beside the list of months.
  const current = monthOf(new Date());
  const [months, ofCurrent] = await Promise.all([
    monthsOf(reader, customerId),
    worthOfMonth({ customerId, month: current }),
  ]);
  // The list of a customer's orders has no month that is not named. The placing of an order names its month. Up to the progress, both reads see it.
  let sum = months.includes(current) ? ofCurrent : NO_WORTH;
  async function add(month: number): Promise<void> {
    const worth = await worthOfMonth({ customerId, month });
    sum = addUp(sum, worth);
  }
  const fewAtOnce = createLimiter(MONTHS_AT_ONCE);
  await Promise.all(months.filter((month) => month !== current).map((month) => fewAtOnce(() => add(month))));
  const { ordersPlaced, includes, byCurrency } = sum;
  const lifetimeValue = [...byCurrency].map(([currencyCode, amountMinor]) => ({ currencyCode, amountMinor }));
  lifetimeValue.sort((a, b) => (a.currencyCode < b.currencyCode ? -1 : 1));
  return { ordersPlaced, lifetimeValue, includes };
}

/** Whether these events are all among those up to these positions. */
const isUpTo = (events: Positions, positions: Positions): boolean =>
  missingOf(events, positions).length === 0;

/**
 * Gives the worth of months. It is remembered where all events that wrote rows of the month are among those of the remembered sum.
 * Otherwise it is added up. A sum is remembered when it is made of exactly the events up to the progress that was read before. Then nothing
 * up to there is missing in it, and whatever comes later moves the month's positions beyond.
 */
function createMonthSums(reader: Reader, { signal, remembered, completeness }: SumOptions) {
  const { generation } = reader;
  const looks = fewLooks();

  async function recall(month: CustomerMonth): Promise<Worth | undefined> {
    const found = remembered?.find({ ...month, generation });
    // Another region may be behind the one that the sum was made in.
    if (!found || !completeness || !isUpTo(found.upTo, completeness.upTo)) return undefined;
    const includes = await lastEventsOf(reader, month);
    return includes && isUpTo(includes, found.upTo) ? { ...found.worth, includes } : undefined;
  }

  async function sumUp(month: CustomerMonth): Promise<Worth> {
    let worth = NO_WORTH;
    const cost = { rows: 0, looks: 0 };
    const pages = rowPages(
      ROWS_AT_ONCE,
      (last, size) => rowsOfMonth(reader, month, last && placeOf(last), size),
      { signal, places: reader.pages },
    );
    for await (const rows of pages) {
      const there = rows.filter((row) => isThere(row, 'status'));
      worth = addUp(worth, worthOf(await headsOf(reader, there, looks, signal)));
      cost.rows += rows.length;
      cost.looks += there.filter((row) => row['returned'] === true).length;
    }
    const { upTo, isWhole } = completeness ?? {};
    if (remembered && upTo && isUpTo(worth.includes, upTo) && (await isWhole))
      remembered.keep({ ...month, generation }, { worth, upTo }, cost);
    return worth;
  }

  return async (month: CustomerMonth): Promise<Worth> => (await recall(month)) ?? sumUp(month);
}
