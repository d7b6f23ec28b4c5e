import { describe, expect, it } from 'vitest';
import { formatAmount, isCurrencyCode, minorUnitDigits } from './money.ts';

describe('money', () => {
  it('knows currencies of ISO 4217 and nothing else', () => {
    expect(['GBP', 'EUR', 'USD', 'JPY'].every(isCurrencyCode)).toBe(true);
    expect(['', 'gbp', 'GB', 'GBPX', 'ZZZ', '£'].some(isCurrencyCode)).toBe(false);
  });

  it('knows how many digits a minor unit has', () => {
    expect([minorUnitDigits('GBP'), minorUnitDigits('JPY'), minorUnitDigits('KWD')]).toEqual([2, 0, 3]);
  });

  it('writes amounts exactly, however large, and with their sign', () => {
    expect(formatAmount({ currencyCode: 'GBP', amountMinor: 123_450n })).toBe('1,234.50 GBP');
    expect(formatAmount({ currencyCode: 'GBP', amountMinor: -5n })).toBe('-0.05 GBP');
    expect(formatAmount({ currencyCode: 'JPY', amountMinor: 1_000n })).toBe('1,000 JPY');
    expect(formatAmount({ currencyCode: 'GBP', amountMinor: 9_007_199_254_740_993n })).toBe(
      '90,071,992,547,409.93 GBP',
    );
  });
});
