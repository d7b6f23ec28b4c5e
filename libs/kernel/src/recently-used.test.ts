import { describe, expect, it } from 'vitest';
import { createRecentlyUsed } from './recently-used.ts';

const letters = (bounds: { readonly maxEntries?: number; readonly maxWeight: number }) =>
  createRecentlyUsed<string>({ ...bounds, weightOf: (_name, value) => value.length });

describe('what was used recently', () => {
  it('is kept within its weight and its number, and the longest unused goes first', () => {
    const kept = letters({ maxEntries: 3, maxWeight: 10 });
    for (const name of ['a', 'b', 'c']) kept.put(name, 'xx');
    kept.put('a', kept.take('a') ?? '');
    kept.put('d', 'xx');
    expect(kept.size()).toEqual({ entries: 3, weight: 6 });
    expect(kept.take('b')).toBeUndefined();
    kept.put('e', 'xxxxxxx');
    expect(kept.size()).toEqual({ entries: 2, weight: 9 });
    expect([kept.take('d'), kept.take('e')]).toEqual(['xx', 'xxxxxxx']);
    expect(kept.size()).toEqual({ entries: 0, weight: 0 });
  });

  it('is replaced by what is put in its place, and not kept when it is too much by itself', () => {
    const kept = letters({ maxWeight: 4 });
    kept.put('a', 'xxxx');
    kept.put('a', 'x');
    expect(kept.size()).toEqual({ entries: 1, weight: 1 });
    kept.put('a', 'xxxxx');
    expect(kept.size()).toEqual({ entries: 0, weight: 0 });
    kept.put('b', 'xx');
    kept.clear();
    expect(kept.size()).toEqual({ entries: 0, weight: 0 });
  });
});
