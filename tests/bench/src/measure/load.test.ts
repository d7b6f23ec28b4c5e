import { describe, expect, it } from 'vitest';
import { halfOf, halved, loadText } from './load.ts';

const ORDERS = { unit: 'orders/s', least: 4 };

describe('the load of a line', () => {
  it('is half of what the machine carries', () => {
    expect(halfOf(333.3, ORDERS)).toEqual({ perSecond: 166, unit: 'orders/s', carried: 333.3 });
  });

  it('is no more than the line wants', () => {
    expect(halfOf(1_000, { ...ORDERS, most: 240 }).perSecond).toBe(240);
  });

  it('says what the machine carries where that is too little', () => {
    expect(() => halfOf(7.9, ORDERS)).toThrow('the machine carries 7.9 orders/s now; at least 4 are needed');
  });

  it('becomes smaller where half is too much, until it is too little', () => {
    const once = halved(halfOf(30, ORDERS), 4, 'late');
    expect(once).toEqual({ perSecond: 7, unit: 'orders/s', carried: 30 });
    expect(() => halved(once, 4, 'late')).toThrow(/at least 4 are needed .*; late/);
  });

  it('can be read', () => {
    expect(loadText(halfOf(333.3, ORDERS))).toBe('166 orders/s of 333 carried');
  });
});
