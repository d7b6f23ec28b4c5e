import { describe, expect, it } from 'vitest';
import { createRememberedMonths } from './remembered-months.ts';
import type { Worth } from './worth.ts';

const month = (customerId: string, number = 202_603, generation = 1) => ({
  customerId,
  month: number,
  generation,
});
const upTo = new Map();
function worthIn(...currencies: readonly string[]): Worth {
  return {
    ordersPlaced: 1,
    byCurrency: new Map(currencies.map((code) => [code, 1n])),
    includes: new Map(),
  };
}
const dear = { rows: 5_000, looks: 0 };

describe('remembered months', () => {
  it('are kept apart by customer, month and generation, and replaced by what is newer', () => {
    const months = createRememberedMonths();
    const [old, newer] = [worthIn('GBP'), worthIn('EUR', 'GBP')];
    months.keep(month('a'), { worth: old, upTo }, dear);
    expect(months.find(month('a'))?.worth).toBe(old);
    for (const other of [month('b'), month('a', 202_604), month('a', 202_603, 2)])
      expect(months.find(other)).toBeUndefined();
    months.keep(month('a'), { worth: newer, upTo }, dear);
    expect(months.find(month('a'))?.worth).toBe(newer);
    expect(months.amounts()).toBe(2);
  });

  it('are used for ten minutes, however often they are asked for, and made anew then', () => {
    const clock = { nowMs: 0 };
    const months = createRememberedMonths({ now: () => clock.nowMs });
    months.keep(month('a'), { worth: worthIn('GBP'), upTo }, dear);
    for (clock.nowMs = 0; clock.nowMs <= 600_000; clock.nowMs += 60_000)
      expect(months.find(month('a'))).toBeDefined();
    expect(months.find(month('a'))).toBeUndefined();
    expect(months.amounts()).toBe(0);
  });

  it('are those that cost something: many rows, or looks at single orders', () => {
    const months = createRememberedMonths();
    const isKept = (customerId: string, rows: number, looks: number) => {
      months.keep(month(customerId), { worth: worthIn('GBP'), upTo }, { rows, looks });
      return months.find(month(customerId)) !== undefined;
    };
    expect(isKept('few', 10, 1)).toBe(false);
    expect(isKept('many', 50, 0)).toBe(true);
    expect(isKept('returns', 5, 5)).toBe(true);
  });

  it('have a bound: the least recently asked go first, and one of many currencies counts as many', () => {
    const months = createRememberedMonths({ maxAmounts: 4 });
    const keep = (customerId: string, ...currencies: readonly string[]) =>
      months.keep(month(customerId), { worth: worthIn(...currencies), upTo }, dear);
    const kept = () => ['a', 'b', 'c', 'd'].filter((id) => months.find(month(id)));
    keep('a', 'GBP');
    keep('b', 'GBP');
    keep('c');
    months.find(month('a'));
    keep('d', 'EUR', 'GBP');
    expect(kept()).toEqual(['a', 'c', 'd']);
    keep('b', 'CHF', 'EUR', 'GBP', 'USD');
    expect(kept()).toEqual(['b']);
    keep('a', 'AUD', 'CHF', 'EUR', 'GBP', 'USD');
    expect(kept()).toEqual([]);
    expect(months.amounts()).toBe(0);
  });
});
