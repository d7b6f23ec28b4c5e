import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeap, type HeapEntry } from './heap.ts';

describe('a heap', () => {
  it('has the smallest of what is in it first, whatever is added and taken out', () => {
    const steps = fc.array(fc.record({ add: fc.integer(), removeAt: fc.option(fc.nat()) }));
    fc.assert(
      fc.property(steps, (all) => {
        const heap = createHeap<number>((a, b) => a < b);
        const entries: HeapEntry<number>[] = [];
        for (const { add, removeAt } of all) {
          entries.push(heap.add(add));
          if (removeAt !== null) {
            const [gone] = entries.splice(removeAt % entries.length, 1);
            if (gone) heap.remove(gone);
            if (gone) heap.remove(gone);
          }
          const values = entries.map(({ value }) => value);
          expect(heap.first()).toBe(values.length > 0 ? Math.min(...values) : undefined);
          expect(heap.size()).toBe(values.length);
        }
      }),
    );
  });

  it('compares a few times per change, however many items it has', () => {
    let compared = 0;
    const heap = createHeap<number>((a, b) => {
      compared += 1;
      return a < b;
    });
    const entries = Array.from({ length: 10_000 }, (_, n) => heap.add((n * 7_919) % 10_007));
    for (const entry of entries.slice(2_500, 7_500)) heap.remove(entry);
    expect(compared).toBeLessThan(15_000 * 3 * 14);
    expect(heap.size()).toBe(5_000);
  });
});
