import type { DailySales, GetDailySalesRequest, GetDailySalesResponse } from '@meridian/contracts';
import { isSameCountry, withinInt64 } from '@meridian/kernel';
import { listDailySales, type DailySalesKey, type DailySalesRow } from '@meridian/read-model-sales';
import { answer, type Question } from '../../answering.ts';
import type { PageTokens } from '../../page-tokens.ts';
import type { ReadModel } from '../../read-model.ts';

/** As many rows as fit in a message, whatever the names of their countries: callers of earlier versions ask for no page. */
const MOST_ROWS = 5_000;

/** A page of sales by day, country and currency. */
export function getDailySales(
  sales: ReadModel,
  tokens: PageTokens,
): Question<GetDailySalesRequest, GetDailySalesResponse> {
  return async ({ fromDay, toDay, country, currencyCode, pageSize, pageToken, read }, context) => {
    const binding = { method: 'GetDailySales', parameters: [fromDay, toDay, country, currencyCode] };
    const { generation, cursor } = tokens.open(binding, pageToken, sales);
    const wanted = (row: DailySalesRow) =>
      (country === '' || isSameCountry(row.country, country)) &&
      (currencyCode === '' || row.currencyCode === currencyCode);
    const asked = { fromDay, toDay: toDay || fromDay, limit: pageSize || MOST_ROWS, wanted };
    const { value, freshness } = await answer(
      sales,
      read,
      context,
      ({ reader, signal }) => listDailySales(reader, { ...asked, after: keyIn(cursor), signal }),
      { generation, includes: ({ rows }) => rows.map((row) => row.includes) },
    );
    const { next } = value;
    const nextPageToken = next
      ? tokens.seal(binding, generation, [next.day, next.country, next.currencyCode])
      : '';
    return { rows: value.rows.map(toDailySales), nextPageToken, freshness };
  };
}

function keyIn(cursor: readonly string[] = []): DailySalesKey | undefined {
  const [day, country, currencyCode] = cursor;
  return day === undefined || country === undefined || currencyCode === undefined
    ? undefined
    : { day, country, currencyCode };
}

function toDailySales(row: DailySalesRow): DailySales {
  const {
    day,
    country,
    currencyCode,
    ordersPlaced,
    ordersCancelled,
    placedMinor,
    cancelledMinor,
    returnedMinor,
  } = row;
  const money = (amountMinor: bigint) => ({ currencyCode, amountMinor });
  return {
    day,
    country,
    ordersPlaced,
    ordersCancelled,
    placed: money(placedMinor),
    cancelled: money(cancelledMinor),
    returned: money(returnedMinor),
    revenue: money(withinInt64(placedMinor - cancelledMinor - returnedMinor)),
  };
}
