import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairShare } from './fair-share.ts';

describe('fairShare', () => {
  it('gives a lone replica everything', () => {
    expect(fairShare('a', [], 12)).toBe(12);
    expect(fairShare('a', ['a'], 12)).toBe(12);
  });

  it('gives out every shard once, no replica more than one above another', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 20 }), (names) => {
        const shares = names.map((name) => fairShare(name, names, 12));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(12);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
