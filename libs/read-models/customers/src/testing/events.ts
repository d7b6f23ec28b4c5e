import { recorded } from '@meridian/projection/testing';
import type { OrderKeys } from '@meridian/contracts';
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

/** What every event of an order repeats. */
export function keysOf(
  orderId: string,
  customerId: string,
  totalMinor: bigint,
  currencyCode = 'GBP',
): OrderKeys {
  const placedAt = new Date('2026-03-04T10:00:00Z');
  return {
    orderId,
    customerId,
    country: 'France',
    currencyCode,
    placedAt,
    placedOn: '2026-03-04',
    totalMinor,
  };
}

/** An order was placed. */
export function placed(keys: OrderKeys, position: bigint): RecordedEvent {
  return recorded(keys.orderId, 1n, position, { type: 'OrderPlaced', data: { keys, lines: [] } });
}

/** It was cancelled. */
export function cancelled(keys: OrderKeys, version: bigint, position: bigint): RecordedEvent {
  const when = { cancelledAt: new Date('2026-03-05T10:00:00Z'), cancelledOn: '2026-03-05' };
  const data = { keys, reason: 'changed mind', lines: [], refundMinor: 0n, ...when };
  return recorded(keys.orderId, version, position, { type: 'OrderCancelled', data });
}

/** Pieces came back. */
export function returned(
  keys: OrderKeys,
  version: bigint,
  position: bigint,
  refundMinor: bigint,
): RecordedEvent {
  const when = { returnedAt: new Date('2026-03-06T10:00:00Z'), returnedOn: '2026-03-06' };
  const data = { keys, lines: [], refundMinor, reason: 'broken', ...when };
  return recorded(keys.orderId, version, position, { type: 'ItemsReturned', data });
}
