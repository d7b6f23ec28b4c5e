import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHARD_COUNT, shardOf } from './shard.ts';

describe('shardOf', () => {
  it('never changes: events already published depend on it', () => {
    expect(['85123A', '536365', '17850', 'a'].map(shardOf)).toEqual([1, 1, 9, 3]);
  });

  it('gives every id one of the shards', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        const shard = shardOf(id);
        expect(Number.isInteger(shard) && shard >= 0 && shard < SHARD_COUNT).toBe(true);
      }),
    );
  });

  it('spreads invoice numbers evenly', () => {
    const counts = new Array<number>(SHARD_COUNT).fill(0);
    for (let n = 0; n < 12_000; n++) counts[shardOf(String(536_365 + n))]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1_200);
  });
});
