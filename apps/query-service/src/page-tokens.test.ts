import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPageTokens } from './page-tokens.ts';

const tokens = createPageTokens(randomBytes(32));
const binding = { method: 'ListProducts', parameters: ['x'], generation: 1 };

describe('page tokens', () => {
  it('open for their own question', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), (cursor) => {
        expect(tokens.open(binding, tokens.seal(binding, cursor))).toEqual(cursor);
      }),
    );
  });

  it('open for no other question, generation or key', () => {
    const token = tokens.seal(binding, ['85123A']);
    expect(() => tokens.open({ ...binding, method: 'ListLowStock' }, token)).toThrow('page_token');
    expect(() => tokens.open({ ...binding, parameters: ['y'] }, token)).toThrow('page_token');
    expect(() => tokens.open({ ...binding, generation: 2 }, token)).toThrow('page_token');
    expect(() => createPageTokens(randomBytes(32)).open(binding, token)).toThrow('page_token');
  });

  it('refuse anything that was not made here', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        expect(() => tokens.open(binding, text)).toThrow('page_token');
      }),
    );
  });

  it('mean the first page when empty', () => {
    expect(tokens.open(binding, '')).toBeUndefined();
  });
});
