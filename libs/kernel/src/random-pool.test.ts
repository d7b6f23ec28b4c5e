import { describe, expect, it } from 'vitest';
import { createRandomPool } from './random-pool.ts';

describe('a pool of random bytes', () => {
  it('gives every byte once, and draws new ones when too few are left', () => {
    let drawn = 0;
    const take = createRandomPool(10, (pool) => pool.set(Array.from(pool, () => drawn++)));
    const taken = [4, 4, 4, 10, 1].map((count) => [...take(count)]);
    expect(taken).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [10, 11, 12, 13],
      [20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
      [30],
    ]);
    expect(() => take(11)).toThrow(RangeError);
  });
});
