import fc from 'fast-check';
import { expect, it } from 'vitest';
import { slicesOf } from './slices.ts';

it('slices hold all items in their order, none of them more than allowed unless it is one item', () =>
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 30 })),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 40 }),
      (items, maxItems, maxBytes) => {
        const slices = [...slicesOf(items, (item) => item, { maxItems, maxBytes })];
        expect(slices.flat()).toEqual(items);
        for (const slice of slices) {
          expect(slice.length).toBeGreaterThan(0);
          expect(slice.length).toBeLessThanOrEqual(maxItems);
          const bytes = slice.reduce((sum, item) => sum + item, 0);
          expect(slice.length === 1 || bytes <= maxBytes).toBe(true);
        }
      },
    ),
  ));
