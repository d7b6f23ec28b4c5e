import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandOf } from './band.ts';

describe('bandOf', () => {
  it('goes by powers of ten', () => {
    expect([-5n, 0n, 1n, 9n, 10n, 99n, 100n, 1_000_000n].map(bandOf)).toEqual([0, 0, 1, 1, 2, 2, 3, 7]);
  });

  it('never puts more pieces into a lower band', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -10n, max: 10n ** 18n }),
        fc.bigInt({ min: 0n, max: 10n ** 18n }),
        (a, more) => {
          expect(bandOf(a + more)).toBeGreaterThanOrEqual(bandOf(a));
        },
      ),
    );
  });
});
