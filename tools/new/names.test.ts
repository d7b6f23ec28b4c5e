import { describe, expect, it } from 'vitest';
import { camelOf, nameOf, wordOf } from './names.ts';

describe('names', () => {
  it('are taken in both spellings, and given in all forms', () => {
    const forms = {
      kebab: 'get-price',
      pascal: 'GetPrice',
      camel: 'getPrice',
      snake: 'get_price',
      upper: 'GET_PRICE',
    };
    expect(nameOf('get-price')).toEqual(forms);
    expect(nameOf('GetPrice')).toEqual(forms);
    expect(camelOf('product_id')).toBe('productId');
  });

  it.each([
    '',
    'getPrice',
    'get_price',
    '-a',
    'a-',
    'a--b',
    '1st',
    'get-1',
    '../x',
    'a b',
    'é',
    'class',
    'Delete',
    'a'.repeat(41),
  ])('are refused when they are no identifier: "%s"', (name) => {
    expect(() => nameOf(name)).toThrow(/is no name|reserved|longer/);
  });

  it.each(['', 'two-words', 'Word', 'a_b', 'import', '9', 'select'])(
    'of one word are refused otherwise: "%s"',
    (name) => {
      expect(() => wordOf(name)).toThrow(/is no name|reserved/);
    },
  );
});
