import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partitionIdOf, partitionKeyIdOf, rowIdOf } from './row-id.ts';
import { defineTable } from './table.ts';

const table = defineTable({
  name: 'visit',
  partitionKey: { person: 'text', place: 'text' },
  clusteringKey: { seen_at: 'timestamp', no: 'bigint' },
  columns: { note: 'text' },
});
const texts = fc.oneof(fc.string(), fc.constantFrom('', ',', '1:', 'a,1:b', '0:'));
const keys = fc.record({
  person: texts,
  place: texts,
  seen_at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(3) }),
  no: fc.bigInt({ min: 0n, max: 3n }),
});

describe('the name of a row', () => {
  it('is the same for the same key only, and so is that of its partition', () => {
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        const samePartition = one.person === other.person && one.place === other.place;
        const sameRow =
          samePartition && one.no === other.no && one.seen_at.getTime() === other.seen_at.getTime();
        expect(partitionIdOf(table, one) === partitionIdOf(table, other)).toBe(samePartition);
        expect(rowIdOf(table, one) === rowIdOf(table, other)).toBe(sameRow);
      }),
    );
  });

  it('does not depend on the order in which the values are given, nor on other values', () => {
    const key = { person: 'a', place: 'b', seen_at: new Date(5), no: 1n };
    const other = { note: 'x', no: 1n, seen_at: new Date(5), place: 'b', person: 'a' };
    expect(rowIdOf(table, other)).toBe(rowIdOf(table, key));
  });

  it('is not that of another table', () => {
    const key = { person: 'a', place: 'b', seen_at: new Date(5), no: 1n };
    expect(rowIdOf({ ...table, name: 'call' }, key)).not.toBe(rowIdOf(table, key));
  });
});

describe('the name of a partition key', () => {
  const at = (type: 'int' | 'bigint' | 'text', name: string) =>
    defineTable({ name, partitionKey: { [`${name}_key`]: type }, columns: { note: 'text' } });

  it('is the same in tables whose keys have the same types, whatever the names', () => {
    const id = (name: string) => partitionKeyIdOf(at('int', name), { [`${name}_key`]: 7 });
    expect(id('one')).toBe(id('other'));
  });

  it('is not the same for values of other types, which have other bytes', () => {
    const ids = [
      partitionKeyIdOf(at('int', 'one'), { one_key: 7 }),
      partitionKeyIdOf(at('bigint', 'one'), { one_key: 7n }),
      partitionKeyIdOf(at('text', 'one'), { one_key: '7' }),
    ];
    expect(new Set(ids).size).toBe(3);
  });

  it('is the same for the same values only', () => {
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        const isSame = one.person === other.person && one.place === other.place;
        expect(partitionKeyIdOf(table, one) === partitionKeyIdOf(table, other)).toBe(isSame);
      }),
    );
  });
});
