import { describe, expect, it } from 'vitest';
import {
  eraseCustomer,
  evolveCustomer,
  registerCustomer,
  updateCustomer,
  type Customer,
  type CustomerEvent,
} from './customer.ts';

const bytes = (text: string) => Buffer.from(text);
const sealed = (name: string) => ({ name: bytes(name), email: bytes(''), address: bytes('') });
const registeredAt = new Date('2026-01-01T00:00:00Z');
const command = { customerId: 'c', personalData: sealed('x'), country: 'France', registeredAt };
const registered: CustomerEvent = { type: 'CustomerRegistered', data: command };
const erased: CustomerEvent = { type: 'CustomerErased', data: { customerId: 'c' } };
const given = (...events: CustomerEvent[]) => events.reduce<Customer | undefined>(evolveCustomer, undefined);

describe('a customer', () => {
  it('is registered once, and an erased one does not come back', () => {
    expect(registerCustomer(given(), command)).toEqual({ accepted: true, events: [registered] });
    for (const state of [given(registered), given(registered, erased)]) {
      expect(registerCustomer(state, command)).toMatchObject({ refusal: { code: 'CUSTOMER_EXISTS' } });
    }
  });

  it('takes new data as a whole', () => {
    const update = { customerId: 'c', personalData: sealed('y'), country: 'Spain' };
    const decision = updateCustomer(given(registered), update);
    expect(decision).toEqual({ accepted: true, events: [{ type: 'CustomerUpdated', data: update }] });
    const state = given(registered, { type: 'CustomerUpdated', data: update });
    expect(state).toMatchObject({ country: 'Spain', personalData: sealed('y'), registeredAt });
  });

  it('keeps no sealed bytes once erased, and is erased once', () => {
    expect(eraseCustomer(given(registered), { customerId: 'c' })).toEqual({
      accepted: true,
      events: [erased],
    });
    const state = given(registered, erased);
    expect(state).toMatchObject({ erased: true, country: 'France', personalData: { name: bytes('') } });
    expect(eraseCustomer(state, { customerId: 'c' })).toMatchObject({ refusal: { code: 'CUSTOMER_ERASED' } });
    expect(updateCustomer(state, command)).toMatchObject({ refusal: { code: 'CUSTOMER_ERASED' } });
  });

  it('must exist to be changed', () => {
    expect(updateCustomer(given(), command)).toMatchObject({ refusal: { code: 'CUSTOMER_NOT_FOUND' } });
    expect(eraseCustomer(given(), command)).toMatchObject({ refusal: { code: 'CUSTOMER_NOT_FOUND' } });
    expect(() => given(erased)).toThrow('cannot follow');
  });
});
