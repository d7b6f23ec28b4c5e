import { z } from 'zod';
import { TopProductsOrder } from '../generated/meridian/sales/v1/query_service.ts';
import { readOptions } from './read-options.ts';
import { optionalCountry, pageToken } from './text.ts';
import {
  day,
  isDay,
  message,
  optionalCurrencyCode,
  optionalDay,
  smallNumber,
  storedCurrencyCode,
} from './values.ts';

const DAY_MS = 86_400_000;

/** Refuses a range of days that ends before it begins or is longer than so many days. */
function boundedRange(maxDays: number) {
  return ({ fromDay, toDay }: { fromDay: string; toDay: string }, context: z.core.$RefinementCtx): void => {
    // What is no day has been refused by its own rule. Date.parse takes much of it for one.
    if (!isDay(fromDay) || !isDay(toDay)) return;
    const days = (Date.parse(toDay) - Date.parse(fromDay)) / DAY_MS;
    if (days < 0 || days > maxDays)
      context.addIssue({
        code: 'custom',
        path: ['toDay'],
        message: `must be 0 to ${maxDays} days after from_day`,
      });
  };
}

/** The rules of the questions about sales, by path. */
export const salesRules = {
  '/meridian.sales.v1.SalesQueryService/GetDailySales': message({
    fromDay: day(),
    toDay: optionalDay(),
    country: optionalCountry(),
    currencyCode: optionalCurrencyCode(),
    read: readOptions(),
    pageSize: smallNumber(0, 5_000),
    pageToken: pageToken(),
  }).superRefine(boundedRange(366)),
  '/meridian.sales.v1.SalesQueryService/ListTopProducts': message({
    fromDay: day(),
    toDay: optionalDay(),
    currencyCode: storedCurrencyCode(),
    orderBy: z.enum(TopProductsOrder, 'must be a known TopProductsOrder'),
    limit: smallNumber(0, 100),
    read: readOptions(),
  }).superRefine(boundedRange(31)),
};
