import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { receiptsOf } from './plan-receipts.ts';

const product = (pieces: bigint) => ({ productId: '22633', name: 'HAND WARMER', priceMinor: 185n, pieces });
const total = (pieces: bigint, times: number) =>
  receiptsOf(product(pieces), times).reduce((sum, { quantity }) => sum + quantity, 0n);

describe('receiptsOf', () => {
  it('brings exactly what all replays need, each receipt within what one may bring', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 5_000_000_000n), fc.integer({ min: 1, max: 1_000 }), (pieces, times) => {
        expect(total(pieces, times)).toBe(pieces * BigInt(times));
        for (const { quantity } of receiptsOf(product(pieces), times)) {
          expect(quantity).toBeGreaterThan(0n);
          expect(quantity).toBeLessThanOrEqual(1_000_000_000n);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('names every receipt of a product apart', () => {
    const parts = receiptsOf(product(2_500_000_000n), 3).map(({ part }) => part);
    expect(new Set(parts).size).toBe(parts.length);
  });

  it('keeps the receipts of the first replay whatever load follows, so that running again finds them', () => {
    const first = receiptsOf(product(12n), 1);
    expect(first).toEqual([{ productId: '22633', part: 'r1', quantity: 12n }]);
    expect(receiptsOf(product(12n), 50)).toEqual([
      ...first,
      { productId: '22633', part: 'r2-50', quantity: 588n },
    ]);
  });
});
