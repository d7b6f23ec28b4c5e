import { describe, expect, it } from 'vitest';
import { checkBindable, UnbindableError } from './bindable.ts';
import type { Cells, Mutation } from './mutation.ts';
import { defineTable, defineTotals } from './table.ts';

const one = defineTable({
  name: 'one',
  partitionKey: { id: 'text' },
  clusteringKey: { day: 'timestamp', part: 'text' },
  columns: { big: 'bigint', small: 'int', flag: 'boolean', bytes: 'blob', at: 'timestamp', note: 'text' },
  staticColumns: { shared: 'bigint' },
});
const two = defineTable({
  name: 'two',
  partitionKey: { id: 'text', bucket: 'int' },
  columns: { note: 'text' },
});
const sums = defineTotals({ name: 'sums', partitionKey: { id: 'text' }, columns: { pieces: 'bigint' } });

const day = new Date(0);
const key = { id: 'x', day, part: '' };
const writing = (cells: Cells, of: Cells = key): Mutation => ({ kind: 'write', table: one, key: of, cells });

describe('what a store can take', () => {
  it('is every cell of its column’s type and range, to its ends, and empty texts but for a whole key', () => {
    const cells = {
      big: 2n ** 63n - 1n,
      small: -(2 ** 31),
      flag: false,
      bytes: Buffer.alloc(0),
      at: day,
      note: '',
    };
    checkBindable([
      writing(cells),
      writing({ big: -(2n ** 63n), small: 2 ** 31 - 1, note: undefined }),
      { kind: 'write', table: two, key: { id: '', bucket: 0 }, cells: {} },
      { kind: 'write-static', table: one, key: { id: 'x' }, cells: { shared: 1n } },
      { kind: 'remove', table: one, key },
      { kind: 'add', table: sums, key: { id: 'x' }, addends: { pieces: -1n }, labels: {} },
    ]);
  });

  it.each<[string, Mutation, string]>([
    ['no part of the key', writing({}, { day, part: '' }), 'id'],
    ['no clustering column', writing({}, { id: 'x', part: '' }), 'day'],
    ['an empty key', writing({}, { ...key, id: '' }), 'empty'],
    ['a key that is too long', writing({}, { ...key, id: 'é'.repeat(32_768) }), 'too long'],
    ['a moment that is none', writing({}, { ...key, day: new Date(Number.NaN) }), 'day'],
    ['a bigint that is too large', writing({ big: 2n ** 63n }), 'big'],
    ['an int that is too small', writing({ small: -(2 ** 31) - 1 }), 'small'],
    ['an int with a fraction', writing({ small: 0.5 }), 'small'],
    ['a text for a number', writing({ big: '1' }), 'big'],
    ['a column of no table', writing({ other: 1n }), 'other'],
    ['a moment in a cell that is none', writing({ at: new Date(Number.NaN) }), 'at'],
    ['a key that lacks a part', { kind: 'remove', table: one, key: { id: 'x', day } }, 'part'],
    [
      'a static cell',
      { kind: 'write-static', table: one, key: { id: 'x' }, cells: { shared: 2n ** 64n } },
      'shared',
    ],
    [
      'a sum',
      { kind: 'add', table: sums, key: { id: 'x' }, addends: { pieces: 2n ** 63n }, labels: {} },
      'pieces',
    ],
  ])('is not %s', (_what, mutation, told) => {
    const check = () => checkBindable([mutation]);
    expect(check).toThrow(UnbindableError);
    expect(check).toThrow(told);
  });
});
