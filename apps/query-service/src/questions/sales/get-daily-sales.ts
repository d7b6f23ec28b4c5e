import type { DailySales, GetDailySalesRequest, GetDailySalesResponse } from '@meridian/contracts';
import { isSameCountry, withinInt64 } from '@meridian/kernel';
import { dailySalesBetween, type DailySalesRow } from '@meridian/read-model-sales';
import type { CallContext } from '@meridian/rpc';
import { answer } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';

/** Sales by day, country and currency. */
export async function getDailySales(
  sales: ReadModel,
  { fromDay, toDay, country, currencyCode, read }: GetDailySalesRequest,
  context: CallContext,
): Promise<GetDailySalesResponse> {
  const { value, freshness } = await answer(
    sales,
    read,
    context,
    ({ reader }) => dailySalesBetween(reader, fromDay, toDay || fromDay),
    { includes: (rows) => rows.map((row) => row.includes) },
  );
  const wanted = value.filter(
    (row) =>
      (country === '' || isSameCountry(row.country, country)) &&
      (currencyCode === '' || row.currencyCode === currencyCode),
  );
  return { rows: wanted.map(toDailySales), freshness };
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
    ...{ day, country, ordersPlaced, ordersCancelled },
    placed: money(placedMinor),
    cancelled: money(cancelledMinor),
    returned: money(returnedMinor),
    revenue: money(withinInt64(placedMinor - cancelledMinor - returnedMinor)),
  };
}
