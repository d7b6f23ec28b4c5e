import { describe, expect, it } from 'vitest';
import { routingKeyOf } from './routing-key.ts';

describe('a routing key', () => {
  it('of one component is its bytes', () => {
    expect(routingKeyOf([{ type: 'text', value: 'é' }]).toString('hex')).toBe('c3a9');
    expect(routingKeyOf([{ type: 'int', value: -2 }]).toString('hex')).toBe('fffffffe');
    expect(routingKeyOf([{ type: 'bigint', value: 258n }]).toString('hex')).toBe('0000000000000102');
    expect(routingKeyOf([{ type: 'timestamp', value: new Date(1) }]).toString('hex')).toBe(
      '0000000000000001',
    );
  });

  it('of several has the length before and a zero after each', () => {
    const key = routingKeyOf([
      { type: 'text', value: 'ab' },
      { type: 'int', value: 1 },
    ]);
    expect(key.toString('hex')).toBe('0002616200' + '00040000000100');
  });
});
