import { describe, expect, it } from 'vitest';
import { table, toJson } from './output.ts';

describe('table', () => {
  it('puts numbers and amounts to the right, words and days to the left', () => {
    expect(
      table(
        ['day', 'country', 'orders', 'revenue', 'p99'],
        [
          ['2010-12-01', 'France', '1', '801.86 GBP', '12.5 ms'],
          ['2010-12-02', 'United Kingdom', '58', '23,270.67 GBP', '–'],
        ],
      ).split('\n'),
    ).toEqual([
      'day         country         orders        revenue      p99',
      '──────────  ──────────────  ──────  ─────────────  ───────',
      '2010-12-01  France               1     801.86 GBP  12.5 ms',
      '2010-12-02  United Kingdom      58  23,270.67 GBP        –',
    ]);
  });

  it('has its header when there are no rows', () => {
    expect(table(['order', 'status'], [])).toBe('order  status\n─────  ──────');
  });
});

describe('toJson', () => {
  it('keeps every digit of a large number', () => {
    expect(JSON.parse(toJson({ position: 9_007_199_254_740_993n }))).toEqual({
      position: '9007199254740993',
    });
  });
});
