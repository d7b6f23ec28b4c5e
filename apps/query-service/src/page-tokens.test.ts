import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPageTokens } from './page-tokens.ts';

const tokens = createPageTokens(randomBytes(32));
const binding = { method: 'ListProducts', parameters: ['x'] };
/** Generation 2 answers, and lists of generation 1 go on. */
const model = { live: () => 2, keeps: (generation: number) => generation <= 2 };

describe('page tokens', () => {
  it('open for their own question', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), (cursor) => {
        expect(tokens.open(binding, tokens.seal(binding, 1, cursor), model)).toEqual({
          generation: 1,
          cursor,
        });
      }),
    );
  });

  it('open for no other question or key', () => {
    const token = tokens.seal(binding, 1, ['85123A']);
    expect(() => tokens.open({ ...binding, method: 'ListLowStock' }, token, model)).toThrow('page_token');
    expect(() => tokens.open({ ...binding, parameters: ['y'] }, token, model)).toThrow('page_token');
    expect(() => createPageTokens(randomBytes(32)).open(binding, token, model)).toThrow('page_token');
  });

  it('open under the keys before, too, and are signed by the first', () => {
    const [older, newer] = [randomBytes(32), randomBytes(32)];
    const during = createPageTokens(newer, older);
    const before = createPageTokens(older).seal(binding, 1, ['85123A']);
    expect(during.open(binding, before, model).cursor).toEqual(['85123A']);
    const token = during.seal(binding, 1, ['85123A']);
    expect(createPageTokens(newer).open(binding, token, model).cursor).toEqual(['85123A']);
    expect(() => createPageTokens(older).open(binding, token, model)).toThrow('page_token');
  });

  it('stay with their generation as long as it is kept, and then say to begin again', () => {
    const token = tokens.seal(binding, 1, ['85123A']);
    expect(tokens.open(binding, token, model).generation).toBe(1);
    expect(() => tokens.open(binding, token, { ...model, keeps: () => false })).toThrow('page_token');
  });

  it('refuse anything that was not made here', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        expect(() => tokens.open(binding, text, model)).toThrow('page_token');
      }),
    );
  });

  it('mean the first page when empty', () => {
    expect(tokens.open(binding, '', model)).toEqual({ generation: 2, cursor: undefined });
  });
});
