import { isAggregateId, isCurrencyCode, isUuid, wasCurrencyCode } from '@meridian/kernel';
import { z } from 'zod';

const MAX_SIGNED_64 = 2n ** 63n - 1n;
// The day of an instant depends on the time zone, from UTC-12 to UTC+14. In no time zone may the day be before 1970 or
// after 9999. No question could ask for such a day, and no DATE column takes the year 10000.
const FIRST_INSTANT_MS = Date.UTC(1970, 0, 1, 12);
const LAST_INSTANT_MS = Date.UTC(9999, 11, 31, 9, 59, 59, 999);
const DAY = /^(?:19[7-9]\d|[2-9]\d{3})-\d{2}-\d{2}$/;
const ID_RULE = "1 to 64 of letters, digits, '.', '_', ':' and '-', starting with a letter or digit";

/** A message with exactly these fields, each with its rule. */
export function message<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : undefined,
  });
}

/** So many of something. */
export function several<Item extends z.ZodType>(item: Item, min: number, max: number) {
  const told = `must have ${min} to ${max} entries`;
  return z.array(item).min(min, told).max(max, told);
}

/**
 * A value that must differ among the entries of a list. `field` names the field that holds the value, unless
 * the value is the entry itself.
 */
interface Distinct<Item> {
  readonly of: (item: Item) => unknown;
  readonly field?: string;
}

/** Refuses every entry that repeats an earlier one. */
export function distinct<Item>({ of, field }: Distinct<Item>) {
  return (items: readonly Item[], context: z.core.$RefinementCtx): void => {
    const seen = new Set<unknown>();
    for (const [index, item] of items.entries()) {
      const value = of(item);
      if (seen.has(value))
        context.addIssue({
          code: 'custom',
          path: field ? [index, field] : [index],
          message: 'appears twice',
        });
      seen.add(value);
    }
  };
}

/** The id of a request: a UUID, in lower case. */
export const requestId = () =>
  z
    .string()
    .refine(isUuid, 'must be a UUID, and not the nil or the max UUID')
    .overwrite((value) => value.toLowerCase());

/** The id of an aggregate or a receipt. */
export const id = () => z.string().refine(isAggregateId, `must be ${ID_RULE}`);

/** The id of an aggregate, or nothing when the service is to make one. */
export const optionalId = () =>
  z.string().refine((value) => value === '' || isAggregateId(value), `must be empty, or ${ID_RULE}`);

/** A 64-bit number within a range. */
export function wholeNumber(min: bigint, max: bigint) {
  const told = `must be a whole number from ${min} to ${max}`;
  return z.bigint(told).min(min, told).max(max, told);
}

/** A 32-bit number within a range. */
export function smallNumber(min: number, max: number) {
  const told = `must be a whole number from ${min} to ${max}`;
  return z.int(told).min(min, told).max(max, told);
}

/** The version that an aggregate must be at, when the caller cares. */
export const expectedVersion = () => wholeNumber(1n, MAX_SIGNED_64).optional();

/** A place in the journal. */
export const journalPosition = () => wholeNumber(1n, MAX_SIGNED_64);

/** The currency of a new amount: a code of ISO 4217 that is in use and has a minor unit. */
export const currencyCode = () =>
  z.string().refine(isCurrencyCode, 'must be a currency code of ISO 4217 that is in use, such as GBP');

/** The currency of an amount that was stored before: also a code that ISO 4217 withdrew since. */
export const storedCurrencyCode = () =>
  z.string().refine(wasCurrencyCode, 'must be a currency code of ISO 4217, such as GBP');

/** The currency of stored amounts, or nothing for all of them. */
export const optionalCurrencyCode = () =>
  z
    .string()
    .refine(
      (value) => value === '' || wasCurrencyCode(value),
      'must be empty, or a currency code of ISO 4217, such as GBP',
    );

/** An amount that an order may already have, in minor units within a range. Its currency may have been withdrawn since. */
export const owedMoney = (min: bigint, max: bigint) =>
  message({ currencyCode: storedCurrencyCode(), amountMinor: wholeNumber(min, max) });

/** The price of one piece, in a currency that is in use. */
export const price = () =>
  message({ currencyCode: currencyCode(), amountMinor: wholeNumber(0n, 1_000_000_000n) });

/**
 * An instant whose day is from 1970 to 9999 in every time zone. An impossible Timestamp decodes to an Invalid
 * Date, which is refused.
 */
export const optionalInstant = () => {
  const told = 'must be a time whose day is from 1970 to 9999 in every time zone';
  return z
    .date(told)
    .refine((value) => value.getTime() >= FIRST_INSTANT_MS && value.getTime() <= LAST_INSTANT_MS, told)
    .optional();
};

/** Whether a text is a day of the calendar, YYYY-MM-DD, from 1970 on. */
export function isDay(value: string): boolean {
  if (!DAY.test(value)) return false;
  const instant = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(value);
}

/** A real day of the calendar, YYYY-MM-DD, from 1970 to 9999. */
export const day = () => z.string().refine(isDay, 'must be a day of the calendar, YYYY-MM-DD');

/** A real day of the calendar, or nothing. */
export const optionalDay = () =>
  z
    .string()
    .refine((value) => value === '' || isDay(value), 'must be empty, or a day of the calendar, YYYY-MM-DD');
