import { describe, expect, it } from 'vitest';
import { customerOf, idOf, minorUnitsOf, textOf, wholeNumberOf } from './cell-values.ts';

describe('cell values', () => {
  it.each([
    ['17850', '17850'],
    ['17850.0', '17850'],
    ['17850.00', '17850'],
    ['17850,0', '17850'],
    ['17850.5', '17850.5'],
    ['A17850.0', 'A17850.0'],
    ...['', 'nan', 'NaN', 'NULL', 'null', 'None', 'N/A', '#N/A', '<NA>', '0', '0.0'].map((nobody) => [
      nobody,
      '',
    ]),
  ])('takes %j for customer %j', (cell, customer) => expect(customerOf(cell)).toBe(customer));

  it('takes zero for a number where it does not mean nobody', () => expect(idOf('0')).toBe('0'));

  it.each([
    ['nan', ''],
    ['Nancy', 'Nancy'],
    ['NULL POINTER MUG', 'NULL POINTER MUG'],
  ])('takes %j for the text %j', (cell, text) => expect(textOf(cell)).toBe(text));

  it.each([
    ['6', 6n],
    ['-6', -6n],
    ['6.0', 6n],
    ['-12.00', -12n],
    ['6,0', 6n],
    ['6.5', undefined],
    ['6.000', undefined],
    ['6,000', undefined],
    ['1000000000', 1_000_000_000n],
    ['six', undefined],
    ['', undefined],
  ])('reads the quantity %j as %s', (cell, quantity) => expect(wholeNumberOf(cell)).toBe(quantity));

  it.each([
    ['2.5', 250n],
    ['2,55', 255n],
    ['-11062.06', -1_106_206n],
    ['3', 300n],
    ['1000000000.00', 100_000_000_000n],
    ['2.555', undefined],
    ['1,234', undefined],
    ['1,234.50', undefined],
  ])('reads the price %j as %s pence', (cell, pence) => expect(minorUnitsOf(cell)).toBe(pence));
});
