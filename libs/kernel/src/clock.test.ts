import { describe, expect, it } from 'vitest';
import { businessDay } from './clock.ts';

describe('businessDay', () => {
  it('is the calendar day of the named zone, not of UTC', () => {
    const instant = new Date('2026-06-30T23:30:00Z');
    expect(businessDay(instant, 'Europe/London')).toBe('2026-07-01');
    expect(businessDay(instant, 'UTC')).toBe('2026-06-30');
    expect(businessDay(instant, 'America/New_York')).toBe('2026-06-30');
  });

  it('refuses an unknown zone', () => {
    expect(() => businessDay(new Date(0), 'Mars/Olympus')).toThrow(RangeError);
  });
});
