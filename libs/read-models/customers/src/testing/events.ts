import { recorded } from '@meridian/projection/testing';
import type { RecordedEvent } from '@meridian/projection';

/** When the customers of the tests registered. */
export const registeredAt = new Date('2026-01-02T03:04:05Z');

const sealed = (mark: string) => ({
  name: Buffer.from(`sealed name ${mark}`),
  email: Buffer.from(`sealed email ${mark}`),
  address: Buffer.alloc(0),
});

/** A customer was registered. */
export function registered(customerId: string, position: bigint): RecordedEvent {
  const data = { customerId, personalData: sealed('1'), country: 'France', registeredAt };
  return recorded(customerId, 1n, position, { type: 'CustomerRegistered', data });
}

/** The customer's data changed. */
export function updated(customerId: string, version: bigint, position: bigint): RecordedEvent {
  const data = { customerId, personalData: sealed('2'), country: 'Spain' };
  return recorded(customerId, version, position, { type: 'CustomerUpdated', data });
}

/** The customer was erased. */
export function erased(customerId: string, version: bigint, position: bigint): RecordedEvent {
  return recorded(customerId, version, position, { type: 'CustomerErased', data: { customerId } });
}
