import { Metadata } from '@meridian/rpc';
import { describe, expect, it } from 'vitest';
import { actorOf } from './actor.ts';

const from = (...actors: readonly string[]) =>
  actorOf({ metadata: Metadata({ 'meridian-actor': [...actors] }) });

describe('who a command is from', () => {
  it('is what its call says, or nobody in particular', () => {
    expect(from('storefront/checkout-7')).toBe('storefront/checkout-7');
    expect(actorOf({ metadata: Metadata() })).toBe('grpc');
  });

  it.each([[''], ['a@example.org'], ['two words'], ['x'.repeat(65)], ['-'], ['a', 'b']])(
    'is refused when it is no name: %s',
    (...actors) => {
      expect(() => from(...actors)).toThrow('meridian-actor: must be one name');
    },
  );
});
