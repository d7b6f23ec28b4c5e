import { describe, expect, it } from 'vitest';
import { keysOf, mapValues } from './keys-of.ts';

describe('keysOf', () => {
  it('gives the keys of a record in its order, and none that it inherits', () => {
    const inherited: Record<string, number> = Object.create({ above: 0 });
    expect(keysOf(Object.assign(inherited, { b: 1, a: 2 }))).toEqual(['b', 'a']);
    expect(keysOf({})).toEqual([]);
  });
});

describe('mapValues', () => {
  it('gives a value for each key, in the order of the record', () => {
    const made = mapValues({ b: 1, a: 2 }, (value, key) => `${key}${value}`);
    expect(Object.entries(made)).toEqual([
      ['b', 'b1'],
      ['a', 'a2'],
    ]);
  });
});
