import { expect, it } from 'vitest';
import { monthOf } from './month.ts';

it('is the month in UTC, as a number that sorts', () => {
  expect(monthOf(new Date('2026-12-31T23:59:59Z'))).toBe(202_612);
  expect(monthOf(new Date('2027-01-01T00:00:00Z'))).toBe(202_701);
});
