/** An amount in the minor unit of an ISO 4217 currency; never a floating-point number. */
export interface Amount {
  readonly currencyCode: string;
  readonly amountMinor: bigint;
}

const CURRENCY_CODE = /^[A-Z]{3}$/;

const KNOWN_CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Whether a code is three capital letters that ISO 4217 lists (as the runtime's Unicode data knows it). */
export function isCurrencyCode(code: string): boolean {
  return CURRENCY_CODE.test(code) && KNOWN_CURRENCIES.has(code);
}

/** How many decimal digits a currency's minor unit has: 2 for GBP, 0 for JPY. */
export function minorUnitDigits(currencyCode: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency: currencyCode }).resolvedOptions()
      .maximumFractionDigits ?? 2
  );
}

/** Writes an amount for people: `1,234.50 GBP`. */
export function formatAmount({ currencyCode, amountMinor }: Amount): string {
  const digits = minorUnitDigits(currencyCode);
  const scale = 10n ** BigInt(digits);
  const absolute = amountMinor < 0n ? -amountMinor : amountMinor;
  const whole = (absolute / scale).toLocaleString('en');
  const fraction = digits === 0 ? '' : `.${(absolute % scale).toString().padStart(digits, '0')}`;
  return `${amountMinor < 0n ? '-' : ''}${whole}${fraction} ${currencyCode}`;
}
