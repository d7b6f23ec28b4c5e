import { expect, it } from 'vitest';
import { createRenewals } from './renewals.ts';

it('tells for how long a term was seen without a renewal', () => {
  const renewals = createRenewals();
  expect(renewals.unchangedMs('a', '10:00', 1_000)).toBe(0);
  expect(renewals.unchangedMs('a', '10:00', 1_700)).toBe(700);
  // Renewed, to an earlier time: the clock was set back.
  expect(renewals.unchangedMs('a', '09:00', 2_000)).toBe(0);
  expect(renewals.unchangedMs('b', '09:00', 2_000)).toBe(0);
  expect(renewals.unchangedMs('a', '09:00', 2_500)).toBe(500);
});

it('keeps nothing of what is there no more', () => {
  const renewals = createRenewals();
  renewals.unchangedMs('a', '1', 0);
  renewals.unchangedMs('b', '1', 0);
  renewals.forgetOthers();
  renewals.unchangedMs('a', '1', 10);
  renewals.forgetOthers();
  expect(renewals.unchangedMs('a', '1', 20)).toBe(20);
  expect(renewals.unchangedMs('b', '1', 20)).toBe(0);
});
