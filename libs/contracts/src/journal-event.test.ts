import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JournalEvent } from './generated/meridian/operations/v1/journal_service.ts';
import { fromJournalEvent, toJournalEvent } from './journal-event.ts';

const event = fc.record({
  eventId: fc.uuid(),
  position: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
  shard: fc.integer({ min: 0, max: 11 }),
  aggregate: fc.constantFrom(
    { context: 'catalog', aggregateType: 'product' } as const,
    { context: 'inventory', aggregateType: 'stock' } as const,
    { context: 'customers', aggregateType: 'customer' } as const,
    { context: 'orders', aggregateType: 'order' } as const,
  ),
  aggregateId: fc.string({ minLength: 1 }),
  version: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
  type: fc.string(),
  time: fc.date({ min: new Date(0), max: new Date('9999-01-01T00:00:00Z'), noInvalidDate: true }),
  traceparent: fc.string(),
  actor: fc.string({ minLength: 1, maxLength: 64 }),
  payload: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
});

describe('the message that the journal is read by', () => {
  it('carries an event whole', () => {
    fc.assert(
      fc.property(event, ({ aggregate, ...rest }) => {
        const sent = { ...rest, ...aggregate };
        const bytes = JournalEvent.encode(toJournalEvent(sent)).finish();
        expect(fromJournalEvent(JournalEvent.decode(bytes))).toEqual(sent);
      }),
    );
  });

  it('is refused when it is of no kind that is known', () => {
    const message = JournalEvent.fromPartial({ aggregateType: 'toString', recordedAt: new Date(0) });
    expect(() => fromJournalEvent(message)).toThrow('unknown aggregate type');
  });
});
