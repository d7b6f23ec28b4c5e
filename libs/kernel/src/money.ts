import { MINOR_UNITS, WITHDRAWN, WITHOUT_MINOR_UNIT } from './currencies.ts';

/** An amount in the minor unit of an ISO 4217 currency; never a floating-point number. */
export interface Amount {
  readonly currencyCode: string;
  readonly amountMinor: bigint;
}

const digitsByCode = (table: ReadonlyMap<number, readonly string[]>): ReadonlyMap<string, number> =>
  new Map([...table].flatMap(([digits, codes]) => codes.map((code) => [code, digits] as const)));

const ACTIVE = digitsByCode(MINOR_UNITS);
const GONE = digitsByCode(WITHDRAWN);
const UNPRICED: ReadonlySet<string> = new Set(WITHOUT_MINOR_UNIT);

/** Whether a new amount may be in this currency: a code of ISO 4217 that is in use and has a minor unit. */
export function isCurrencyCode(code: string): boolean {
  return ACTIVE.has(code);
}

/**
 * Whether a stored amount may be in this currency. This includes codes that ISO 4217 withdrew, and codes
 * without a minor unit.
 */
export function wasCurrencyCode(code: string): boolean {
  return ACTIVE.has(code) || GONE.has(code) || UNPRICED.has(code);
}

/**
 * How many decimal digits a currency's minor unit has by ISO 4217: 2 for GBP, 0 for JPY. The result depends
 * on no data of the runtime. Undefined for a code that has no minor unit or is in no list.
 */
export function minorUnitDigits(currencyCode: string): number | undefined {
  return ACTIVE.get(currencyCode) ?? GONE.get(currencyCode);
}

/** Writes an amount for people: `1,234.50 GBP`; where no minor unit is known, `123,450 minor units of XAU`. Never throws. */
export function formatAmount({ currencyCode, amountMinor }: Amount): string {
  const digits = minorUnitDigits(currencyCode);
  if (digits === undefined) return `${amountMinor.toLocaleString('en')} minor units of ${currencyCode}`;
  const scale = 10n ** BigInt(digits);
  const absolute = amountMinor < 0n ? -amountMinor : amountMinor;
  const whole = (absolute / scale).toLocaleString('en');
  const fraction = digits === 0 ? '' : `.${(absolute % scale).toString().padStart(digits, '0')}`;
  return `${amountMinor < 0n ? '-' : ''}${whole}${fraction} ${currencyCode}`;
}
