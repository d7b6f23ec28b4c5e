import { expect, it } from 'vitest';
import { withinInt64 } from './int64.ts';

it('leaves a sum as it is within 64 bits, and stops it at their ends', () => {
  const [min, max] = [-(2n ** 63n), 2n ** 63n - 1n];
  for (const sum of [0n, -1n, min, max]) expect(withinInt64(sum)).toBe(sum);
  expect([withinInt64(max + 1n), withinInt64(2n ** 70n), withinInt64(min - 1n)]).toEqual([max, max, min]);
});
