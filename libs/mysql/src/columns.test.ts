import { describe, expect, it } from 'vitest';
import { bigintOf, booleanOf, bytesOf, ColumnError, dateOf, numberOf, optional, textOf } from './columns.ts';
import { uuidFromBytes, uuidToBytes } from './uuid.ts';

describe('columns', () => {
  it('give whole numbers exactly, however large', () => {
    expect(bigintOf({ n: '18446744073709551615' }, 'n')).toBe(18_446_744_073_709_551_615n);
    expect(bigintOf({ n: 7 }, 'n')).toBe(7n);
    expect(numberOf({ n: '12' }, 'n')).toBe(12);
    expect(booleanOf({ n: 0 }, 'n')).toBe(false);
    expect(optional({ n: null }, 'n', bigintOf)).toBeUndefined();
  });

  it('throw, naming the column, when it holds something else', () => {
    expect(() => numberOf({ n: '9007199254740993' }, 'n')).toThrow(
      'column n: expected a whole number below 2^53',
    );
    expect(() => bigintOf({ n: 'x' }, 'n')).toThrow(ColumnError);
    expect(() => textOf({ n: null }, 'n')).toThrow('found NULL');
    expect(() => bytesOf({}, 'n')).toThrow('no such column');
    expect(() => dateOf({ n: new Date(Number.NaN) }, 'n')).toThrow(ColumnError);
  });
});

describe('UUIDs', () => {
  it('survive as bytes, whatever their case', () => {
    const uuid = '01893e5c-7b1a-7c3d-8e4f-0123456789ab';
    expect(uuidFromBytes(uuidToBytes(uuid.toUpperCase()))).toBe(uuid);
    expect(() => uuidToBytes('nonsense')).toThrow(RangeError);
    expect(() => uuidFromBytes(new Uint8Array(3))).toThrow(RangeError);
  });
});
