import { describe, expect, it } from 'vitest';
import { createJournalGaps } from './journal-gaps.ts';

describe('the gaps of a journal', () => {
  it('are asked for until they are seen', () => {
    const gaps = createJournalGaps(10n);
    gaps.saw([11n, 14n], 0);
    expect(gaps.cursor()).toBe(14n);
    expect(gaps.missing(1)).toEqual([12n, 13n]);
    gaps.saw([12n, 15n], 2);
    expect(gaps.missing(3)).toEqual([13n]);
    expect(gaps.cursor()).toBe(15n);
  });

  it('are given up when their transaction must have been rolled back', () => {
    const gaps = createJournalGaps(0n);
    gaps.saw([3n], 0);
    expect(gaps.missing(30_000)).toEqual([1n, 2n]);
    expect(gaps.missing(30_001)).toEqual([]);
  });
});
