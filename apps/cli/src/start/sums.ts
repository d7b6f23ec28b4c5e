import type { MeridianClient } from '@meridian/client';
import { businessDay } from '@meridian/kernel';
import type { InvoiceLine, Reject } from '../import/invoice-line.ts';
import type { ImportPlan } from '../import/plan-import.ts';

/** Money by country and currency: `France/GBP`. */
export type Sums = ReadonlyMap<string, bigint>;

/** What a region answers about the days of a file. */
export interface RegionSums {
  readonly orders: bigint;
  readonly revenue: Sums;
}

const CURRENCY = 'GBP';
const TIME_ZONE = 'Europe/London';

function add(sums: Map<string, bigint>, country: string, amountMinor: bigint): void {
  const key = `${country}/${CURRENCY}`;
  sums.set(key, (sums.get(key) ?? 0n) + amountMinor);
}

/** What the file's lines come to, as far as they can be read: the lines read and the lines rejected while reading. */
export function fileSums(lines: readonly InvoiceLine[], unread: readonly Reject[]): Sums {
  const sums = new Map<string, bigint>();
  for (const { country, quantity, unitPriceMinor } of lines) add(sums, country, quantity * unitPriceMinor);
  for (const { country, amountMinor } of unread)
    if (amountMinor !== undefined) add(sums, country, amountMinor);
  return sums;
}

/** What rejected lines come to, as far as they could be read. */
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

/** Asks a region for its sales on these days. The client's token makes it wait for everything that the client has seen. */
export async function askSums(client: MeridianClient, days: readonly string[]): Promise<RegionSums> {
  const revenue = new Map<string, bigint>();
  let orders = 0n;
  for (const { from, to } of rangesOf(days)) {
    const { rows } = await client.sales.getDailySales({ fromDay: from, toDay: to }, { deadline: 60_000 });
    for (const row of rows.filter(({ day }) => days.includes(day))) {
      orders += row.ordersPlaced;
      add(revenue, row.country, row.revenue?.amountMinor ?? 0n);
    }
  }
  return { orders, revenue };
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
