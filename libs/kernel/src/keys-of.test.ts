import { describe, expect, it } from 'vitest';
import { keysOf } from './keys-of.ts';

describe('keysOf', () => {
  it('gives the keys of a record in its order, and none that it inherits', () => {
    const inherited: Record<string, number> = Object.create({ above: 0 });
    expect(keysOf(Object.assign(inherited, { b: 1, a: 2 }))).toEqual(['b', 'a']);
    expect(keysOf({})).toEqual([]);
  });
});
