import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, receiptsOf } from './plan-receipts.ts';

const product = (pieces: bigint) => ({ productId: '22633', name: 'HAND WARMER', priceMinor: 185n, pieces });
const manyPieces = fc.bigInt(1n, 5_000_000_000n);
const manyTimes = fc.integer({ min: 1, max: 1_000 });

describe('blockOf', () => {
  it('puts every replay in one block, without a gap between them', () => {
    expect(['r1', 'r2', 'r3-4', 'r3-4', 'r5-8']).toEqual(
      [1, 2, 3, 4, 5].map((replay) => blockOf(replay).name),
    );
    for (let replay = 1; replay <= 1_000; replay++) {
      const { first, last } = blockOf(replay);
      expect(first).toBeLessThanOrEqual(replay);
      expect(last).toBeGreaterThanOrEqual(replay);
      expect(blockOf(last + 1).first).toBe(last + 1);
    }
  });
});

describe('receiptsOf', () => {
  it('brings what all replays need, no more than their last block, in receipts of an allowed size', () => {
    fc.assert(
      fc.property(manyPieces, manyTimes, (pieces, times) => {
        const receipts = receiptsOf(product(pieces), times);
        const total = receipts.reduce((sum, { quantity }) => sum + quantity, 0n);
        expect(total).toBe(pieces * BigInt(blockOf(times).last));
        for (const { quantity } of receipts) {
          expect(quantity).toBeGreaterThan(0n);
          expect(quantity).toBeLessThanOrEqual(1_000_000_000n);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('needs the same receipts for more replays, and further ones: nothing arrives twice', () => {
    fc.assert(
      fc.property(manyPieces, manyTimes, manyTimes, (pieces, some, more) => {
        const [few, many] = [some, more]
          .sort((a, b) => a - b)
          .map((times) => receiptsOf(product(pieces), times));
        expect(many?.slice(0, few?.length)).toEqual(few);
        const parts = many?.map(({ part }) => part);
        expect(new Set(parts).size).toBe(parts?.length);
      }),
      { numRuns: 50 },
    );
  });

  it('brings exactly what the file needs when it is taken once', () => {
    expect(receiptsOf(product(12n), 1)).toMatchObject([{ productId: '22633', part: 'r1', quantity: 12n }]);
  });

  it('has names that stay what they have always been: others would bring the goods again', () => {
    const parts = receiptsOf(product(600_000_000n), 5).map(({ part, quantity }) => [part, quantity]);
    expect(parts).toEqual([
      ['r1', 600_000_000n],
      ['r2', 600_000_000n],
      ['r3-4', 1_000_000_000n],
      ['r3-4.2', 200_000_000n],
      ['r5-8', 1_000_000_000n],
      ['r5-8.2', 1_000_000_000n],
      ['r5-8.3', 400_000_000n],
    ]);
  });
});
