import { describe, expect, it } from 'vitest';
import { daysBetween, monthsBetween } from './days.ts';

describe('days and months of a range', () => {
  it('include both ends, over months, leap days and clock changes', () => {
    expect(daysBetween('2028-02-28', '2028-03-01')).toEqual(['2028-02-28', '2028-02-29', '2028-03-01']);
    expect(daysBetween('2026-03-28', '2026-03-30')).toHaveLength(3);
    expect(daysBetween('2026-03-28', '2026-03-28')).toEqual(['2026-03-28']);
    expect(monthsBetween('2026-11-30', '2027-02-01')).toEqual([202_611, 202_612, 202_701, 202_702]);
  });

  it('are none when the range ends before it starts', () => {
    expect(daysBetween('2026-03-28', '2026-03-27')).toEqual([]);
    expect(monthsBetween('2026-03-28', '2026-02-27')).toEqual([]);
  });
});
