import { ROLES } from '@meridian/access';
import { Metadata } from '@meridian/rpc';
import { describe, expect, it } from 'vitest';
import { actorOf, provenActor } from './actor.ts';

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

  it('is who was proven to call, with the known roles, in the 128 characters of its column', () => {
    const caller = { id: 'i', actor: 'user:4711', roles: ['warehouse', 'x@y', 'finance', 'finance'] };
    expect(provenActor({ caller })).toBe('user:4711(finance+warehouse)');
    const longest = { id: 'i', actor: `user:${'x'.repeat(56)}`, roles: ROLES };
    expect(provenActor({ caller: longest })).toMatch(/\)$/);
    expect(provenActor({ caller: longest }).length).toBeLessThanOrEqual(128);
    // What an open service takes from its callers cannot look like that.
    expect(() => from('user:4711(finance)')).toThrow('must be one name');
  });

  it('is the customer’s id, and no login, where a customer works with own data', () => {
    const caller = { id: 'i', actor: 'user:anna.smith', roles: ['customer'] };
    expect(provenActor({ caller, own: { customerId: '17850' } })).toBe('customer:17850(customer)');
    expect(provenActor({ caller, own: { customerId: 'no id (operator)' } })).toBe(
      'user:anna.smith(customer)',
    );
  });
});
