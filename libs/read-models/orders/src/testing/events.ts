import { recorded } from '@meridian/projection/testing';
import type { OrderKeys } from '@meridian/contracts';
import type { RecordedEvent } from '@meridian/projection';

/** An order of the tests: two lines, 2 × 3.00 GBP and 1 × 4.00 GBP. */
export function keysOf(orderId: string, customerId: string, placedAt: Date): OrderKeys {
  const placedOn = placedAt.toISOString().slice(0, 10);
  return {
    orderId,
    customerId,
    country: 'France',
    currencyCode: 'GBP',
    placedAt,
    placedOn,
    totalMinor: 1_000n,
  };
}

const line = (lineNo: number, quantity: bigint, unitPriceMinor: bigint) => ({
  lineNo,
  productId: `product-${lineNo}`,
  productName: `name ${lineNo}`,
  quantity,
  unitPriceMinor,
});
const LINES = [line(1, 2n, 300n), line(2, 1n, 400n)];
const later = new Date('2026-05-06T07:08:09Z');

/** It was placed. */
export function placed(keys: OrderKeys, position: bigint): RecordedEvent {
  return recorded(keys.orderId, 1n, position, { type: 'OrderPlaced', data: { keys, lines: LINES } });
}

/** It was paid. */
export function paid(keys: OrderKeys, version: bigint, position: bigint): RecordedEvent {
  const data = { keys, paymentReference: 'pay-1', paidAt: later };
  return recorded(keys.orderId, version, position, { type: 'OrderPaid', data });
}

/** It was shipped. */
export function shipped(keys: OrderKeys, version: bigint, position: bigint): RecordedEvent {
  const data = { keys, carrier: 'Post', trackingNumber: 'T1', shippedAt: later };
  return recorded(keys.orderId, version, position, { type: 'OrderShipped', data });
}

/** It arrived. */
export function delivered(keys: OrderKeys, version: bigint, position: bigint): RecordedEvent {
  const data = { keys, deliveredAt: later };
  return recorded(keys.orderId, version, position, { type: 'OrderDelivered', data });
}

/** It was cancelled. */
export function cancelled(keys: OrderKeys, version: bigint, position: bigint): RecordedEvent {
  const data = { keys, reason: 'changed mind', lines: LINES, refundMinor: 0n, cancelledAt: later };
  return recorded(keys.orderId, version, position, {
    type: 'OrderCancelled',
    data: { ...data, cancelledOn: '2026-05-06' },
  });
}

/** One piece of the first line came back. */
export function returnedOne(keys: OrderKeys, version: bigint, position: bigint): RecordedEvent {
  const data = { keys, lines: [line(1, 1n, 300n)], refundMinor: 300n, reason: 'broken', returnedAt: later };
  return recorded(keys.orderId, version, position, {
    type: 'ItemsReturned',
    data: { ...data, returnedOn: '2026-05-06' },
  });
}
