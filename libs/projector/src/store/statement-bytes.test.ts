import { expect, it } from 'vitest';
import { bytesOf } from './statement-bytes.ts';

it('estimates a statement by what its texts and bytes take, and by a little for every value', () => {
  expect(bytesOf({ cql: 'INSERT', params: [] })).toBe(0);
  expect(bytesOf({ cql: 'INSERT', params: [1n, undefined, true] })).toBe(3 * 12);
  expect(bytesOf({ cql: 'INSERT', params: ['é'.repeat(100), Buffer.alloc(50)] })).toBe(2 * 12 + 200 + 50);
});
