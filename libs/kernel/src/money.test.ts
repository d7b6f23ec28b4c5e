import { describe, expect, it } from 'vitest';
import { CURRENCIES_PUBLISHED, MINOR_UNITS, WITHDRAWN, WITHOUT_MINOR_UNIT } from './currencies.ts';
import { formatAmount, isCurrencyCode, minorUnitDigits, wasCurrencyCode } from './money.ts';

const all = (table: ReadonlyMap<number, readonly string[]>) => [...table.values()].flat();

// Codes for which Unicode's data (CLDR, the runtime's Intl) has another number of digits than ISO 4217.
const OTHERWISE_IN_UNICODE = 'AFN ALL COP HUF IDR IRR KPW LAK LBP MGA MMK PKR SOS SYP YER'.split(' ');

describe('money', () => {
  it('prices in the currencies that ISO 4217 has in use, with a minor unit', () => {
    const active = all(MINOR_UNITS);
    expect([CURRENCIES_PUBLISHED, active.length, new Set(active).size]).toEqual(['2026-01-01', 165, 165]);
    expect(active.filter((code) => !isCurrencyCode(code))).toEqual([]);
    const funds = 'BOV CHE CHW CLF COU MXV USN UYI UYW VED VES SLE XAD XCG ZWG'.split(' ');
    expect(funds.filter((code) => !isCurrencyCode(code))).toEqual([]);
    expect(['', 'gbp', 'GB', 'GBPX', 'ZZZ', '£', 'toString'].filter(isCurrencyCode)).toEqual([]);
  });

  it('does not price in metals, baskets and test codes, nor in withdrawn currencies', () => {
    expect(WITHOUT_MINOR_UNIT).toHaveLength(13);
    expect([...WITHOUT_MINOR_UNIT, ...all(WITHDRAWN)].filter(isCurrencyCode)).toEqual([]);
    const gone = 'HRK SLL ZWL ANG BGN CUC DEM'.split(' ');
    expect(gone.map((code) => [isCurrencyCode(code), wasCurrencyCode(code)])).toEqual(
      gone.map(() => [false, true]),
    );
  });

  it('still knows what amounts may have been stored in', () => {
    expect(['GBP', 'HRK', 'XAU'].every(wasCurrencyCode)).toBe(true);
    expect(['', 'gbp', 'ZZZ'].some(wasCurrencyCode)).toBe(false);
  });

  it('knows how many digits a minor unit has by ISO 4217, whatever the runtime knows', () => {
    expect([minorUnitDigits('GBP'), minorUnitDigits('JPY'), minorUnitDigits('KWD')]).toEqual([2, 0, 3]);
    expect(['IQD', 'CLF', 'UYW', 'UYI', 'ISK', 'UGX', 'MRU'].map(minorUnitDigits)).toEqual([
      3, 4, 4, 0, 0, 0, 2,
    ]);
    expect(OTHERWISE_IN_UNICODE.filter((code) => minorUnitDigits(code) !== 2)).toEqual([]);
    expect(['HRK', 'BYR', 'XAU', 'ZZZ'].map(minorUnitDigits)).toEqual([2, 0, undefined, undefined]);
  });

  it('writes amounts exactly, however large, and with their sign', () => {
    expect(formatAmount({ currencyCode: 'GBP', amountMinor: 123_450n })).toBe('1,234.50 GBP');
    expect(formatAmount({ currencyCode: 'GBP', amountMinor: -5n })).toBe('-0.05 GBP');
    expect(formatAmount({ currencyCode: 'JPY', amountMinor: 1_000n })).toBe('1,000 JPY');
    expect(formatAmount({ currencyCode: 'HUF', amountMinor: 199_900n })).toBe('1,999.00 HUF');
    expect(formatAmount({ currencyCode: 'IQD', amountMinor: 1_250_500n })).toBe('1,250.500 IQD');
    expect(formatAmount({ currencyCode: 'GBP', amountMinor: 9_007_199_254_740_993n })).toBe(
      '90,071,992,547,409.93 GBP',
    );
  });

  it('writes what was stored in a currency that is gone, and says so where no minor unit is known', () => {
    expect(formatAmount({ currencyCode: 'HRK', amountMinor: 123_450n })).toBe('1,234.50 HRK');
    expect(formatAmount({ currencyCode: 'XAU', amountMinor: -123_450n })).toBe('-123,450 minor units of XAU');
  });
});
