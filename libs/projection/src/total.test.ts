import { expect, it } from 'vitest';
import { sold, soldAt } from './testing/contributions.ts';
import { addTo, copyOf, toTotal } from './total.ts';

it('stops at the end of 64 bits instead of turning negative, and comes down again from there', () => {
  const max = 2n ** 63n - 1n;
  const total = copyOf(toTotal(sold, { day: 'monday', item: 'a', country: 'UK' }, undefined));
  for (const position of [1n, 2n, 3n]) addTo(total, soldAt(position, 'a', 2n ** 62n));
  expect(total.sums).toEqual({ units: max });
  addTo(total, soldAt(4n, 'a', -1n));
  expect(total).toMatchObject({ sums: { units: max - 1n }, lastPosition: 4n });
});
