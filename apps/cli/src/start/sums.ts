import { failureOf, gathered, pagesOf, type MeridianClient } from '@meridian/client';
import { businessDay } from '@meridian/kernel';
import { inFlight } from '../import/in-flight.ts';
import type { InvoiceLine, Reject } from '../import/invoice-line.ts';
import type { ImportPlan, PlannedOrder } from '../import/plan.ts';

/** Money by country and currency: `France/GBP`. */
export type Sums = ReadonlyMap<string, bigint>;

/** A region's answers about the orders of a file. */
export interface RegionSums {
  readonly orders: bigint;
  readonly revenue: Sums;
  /** Orders that were placed on the file's days but are not in the file. */
  readonly otherOrders: bigint;
}

/** The questions that sums are made of. */
export interface SalesQuestions {
  readonly orders: Pick<MeridianClient['orders'], 'getOrder'>;
  readonly sales: Pick<MeridianClient['sales'], 'getDailySales'>;
}

const CURRENCY = 'GBP';
const TIME_ZONE = 'Europe/London';
const DEADLINE_MS = 60_000;
const AT_ONCE = 16;

const keyOf = (country: string, currency = CURRENCY) => `${country}/${currency}`;

function add(sums: Map<string, bigint>, country: string, amountMinor: bigint): void {
  const key = keyOf(country);
  sums.set(key, (sums.get(key) ?? 0n) + amountMinor);
}

/** The sums of the file's lines, as far as these can be read: the lines read and the lines rejected while reading. */
export function fileSums(lines: readonly InvoiceLine[], unread: readonly Reject[]): Sums {
  const sums = new Map<string, bigint>();
  for (const { country, quantity, unitPriceMinor } of lines) add(sums, country, quantity * unitPriceMinor);
  for (const { country, amountMinor } of unread)
    if (amountMinor !== undefined) add(sums, country, amountMinor);
  return sums;
}

/** The sums of rejected lines, as far as these could be read. */
export function rejectSums(rejects: readonly Reject[]): Sums {
  return fileSums([], rejects);
}

/** How many lines were rejected, by reason. */
export function rejectsByReason(rejects: readonly Reject[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { reason } of rejects) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** The business days of a plan's orders and returns. */
export function daysOf(plan: ImportPlan): readonly string[] {
  const instants = [
    ...plan.orders.map(({ placedAt }) => placedAt),
    ...plan.returns.map(({ returnedAt }) => returnedAt),
  ];
  return [...new Set(instants.map((instant) => businessDay(instant, TIME_ZONE)))].sort();
}

/**
 * Asks a region for the sums of a file's orders, from its sales on the file's days. Sales do not show which orders they
 * include. So for a country with other orders on these days, the file's orders are requested and summed one by one. The
 * client's token makes the region wait for everything that the client has seen.
 */
export async function askSums(
  client: SalesQuestions,
  days: readonly string[],
  orders: readonly PlannedOrder[],
): Promise<RegionSums> {
  const sold = await salesOn(client, days);
  const ownOrders = Map.groupBy(orders, ({ country }) => keyOf(country));
  const revenue = new Map<string, bigint>();
  let [placed, otherOrders] = [0n, 0n];
  for (const [key, sales] of sold) {
    const own = ownOrders.get(key) ?? [];
    const others = sales.ordersPlaced - BigInt(own.length);
    placed += sales.ordersPlaced;
    if (others > 0n) otherOrders += others;
    const amountMinor = others > 0n ? await sumOf(client, own) : sales.revenueMinor;
    if (own.length > 0 || others <= 0n) revenue.set(key, amountMinor);
  }
  return { orders: placed - otherOrders, revenue, otherOrders };
}

/** The sums of a country's orders on some days. */
interface CountrySales {
  readonly ordersPlaced: bigint;
  readonly revenueMinor: bigint;
}

async function salesOn(
  { sales }: Pick<SalesQuestions, 'sales'>,
  days: readonly string[],
): Promise<ReadonlyMap<string, CountrySales>> {
  const sold = new Map<string, CountrySales>();
  for (const { from, to } of rangesOf(days)) {
    const ask = (pageToken: string) =>
      sales.getDailySales({ fromDay: from, toDay: to, pageToken }, { deadline: DEADLINE_MS });
    const pages = await gathered(pagesOf(ask));
    const rows = pages.flatMap((page) => page.rows);
    for (const { country, ordersPlaced, revenue } of rows.filter(({ day }) => days.includes(day))) {
      const key = keyOf(country, revenue?.currencyCode);
      const known = sold.get(key) ?? { ordersPlaced: 0n, revenueMinor: 0n };
      sold.set(key, {
        ordersPlaced: known.ordersPlaced + ordersPlaced,
        revenueMinor: known.revenueMinor + (revenue?.amountMinor ?? 0n),
      });
    }
  }
  return sold;
}

/** The sum of orders, less their returns. An order that the region does not know counts as nothing. */
async function sumOf(
  { orders }: Pick<SalesQuestions, 'orders'>,
  own: readonly PlannedOrder[],
): Promise<bigint> {
  let sum = 0n;
  await inFlight(own, AT_ONCE, async ({ orderId }) => {
    try {
      const { order } = await orders.getOrder({ orderId }, { deadline: DEADLINE_MS });
      const { total, returned } = order?.summary ?? {};
      sum += (total?.amountMinor ?? 0n) - (returned?.amountMinor ?? 0n);
    } catch (error) {
      if (failureOf(error)?.reason !== 'ORDER_NOT_FOUND') throw error;
    }
  });
  return sum;
}

const MAX_RANGE = 366;

/** Days in ranges that one question may name. */
function rangesOf(days: readonly string[]): readonly { from: string; to: string }[] {
  const ranges: { from: string; to: string }[] = [];
  for (const day of days) {
    const last = ranges.at(-1);
    const span = last ? (Date.parse(day) - Date.parse(last.from)) / 86_400_000 : Infinity;
    if (last && span < MAX_RANGE) last.to = day;
    else ranges.push({ from: day, to: day });
  }
  return ranges;
}
