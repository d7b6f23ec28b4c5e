import { describe, expect, it } from 'vitest';
import { AGGREGATE_TYPES, contextOfAggregate, CONTEXTS } from './contexts.ts';
import { aggregateTypeOf, contextOf, decodeEvent, encodeEvent, EVENT_TYPES, isEventType } from './events.ts';

describe('the registry of events', () => {
  it('gives every type a context and an aggregate', () => {
    expect(new Set(EVENT_TYPES.map(contextOf))).toEqual(new Set(CONTEXTS));
    expect(new Set(EVENT_TYPES.map(aggregateTypeOf))).toEqual(new Set(AGGREGATE_TYPES));
    expect(EVENT_TYPES.map((type) => contextOfAggregate(aggregateTypeOf(type)))).toEqual(
      EVENT_TYPES.map(contextOf),
    );
  });

  it('knows its types and no other name', () => {
    expect(EVENT_TYPES.every(isEventType)).toBe(true);
    expect(['', 'orderPlaced', 'toString', '__proto__'].some(isEventType)).toBe(false);
  });

  it('keeps 64-bit amounts exact', () => {
    const level = { oldOnHand: 0n, oldReserved: 0n, onHand: 2n ** 62n + 1n, reserved: 0n };
    const data = { productId: 'a', receiptId: 'r', quantity: 2n ** 62n + 1n, level };
    const event = decodeEvent('StockReceived', encodeEvent({ type: 'StockReceived', data }));
    expect(event).toEqual({ type: 'StockReceived', data });
  });

  it('skips fields that a later version may add', () => {
    const later = Uint8Array.from([
      ...encodeEvent({ type: 'CustomerErased', data: { customerId: 'c' } }),
      0xfa,
      0x01,
      0x01,
      0x78,
    ]);
    expect(decodeEvent('CustomerErased', later).data).toMatchObject({ customerId: 'c' });
  });

  it('refuses bytes that are no message', () => {
    expect(() => decodeEvent('CustomerErased', Uint8Array.from([0x0a, 0x7f, 0x61]))).toThrow();
  });
});
