import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromMessage,
  isForeignTo,
  MalformedEventError,
  MAX_POSITION,
  recordedAtOf,
  toMessage,
  topicOf,
  type EventEnvelope,
} from './envelope.ts';

const event: EventEnvelope = {
  eventId: '0190b3c0-7d5e-7000-8000-000000000001',
  position: 42n,
  shard: 3,
  context: 'orders',
  aggregateType: 'order',
  aggregateId: '536365',
  version: 2n,
  type: 'OrderPaid',
  journalId: '4be0643f-1d98-11f0-8c0a-0242ac120002',
  time: new Date('2010-12-01T08:26:00.123Z'),
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  payload: Uint8Array.from([10, 1, 97]),
};

describe('the envelope of an event', () => {
  it('is a CloudEvent in binary mode, keyed by the aggregate', () => {
    expect(toMessage(event)).toEqual({
      key: '536365',
      partition: 3,
      value: event.payload,
      headers: {
        ce_specversion: '1.0',
        ce_id: event.eventId,
        ce_type: 'meridian.orders.v1.OrderPaid',
        ce_source: '/meridian/orders/order',
        ce_subject: '536365',
        ce_time: '2010-12-01T08:26:00.123Z',
        'content-type': 'application/protobuf',
        ce_position: '42',
        ce_aggregateversion: '2',
        ce_journalid: event.journalId,
        traceparent: event.traceparent,
      },
    });
    expect(topicOf('orders', 'meridian')).toBe('meridian.orders.events');
  });

  it('comes back as it went, whatever its numbers and ids', () => {
    const envelopes = fc.record({
      position: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
      version: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
      aggregateId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/),
      time: fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
      payload: fc.uint8Array(),
      traceparent: fc.constantFrom('', event.traceparent),
    });
    fc.assert(
      fc.property(envelopes, (some) => {
        const sent = { ...event, ...some };
        expect(fromMessage(toMessage(sent))).toEqual(sent);
      }),
    );
  });

  it('names no journal when it was published before journals had ids, and is no foreign event then', () => {
    const { journalId: _journalId, ...old } = event;
    expect(fromMessage(toMessage(old))).toEqual(old);
    expect(isForeignTo('ours', old)).toBe(false);
    expect([
      isForeignTo('ours', event),
      isForeignTo(event.journalId, event),
      isForeignTo(undefined, event),
    ]).toEqual([true, false, false]);
    expect(isForeignTo(undefined, { ...old, position: MAX_POSITION + 1n })).toBe(true);
  });

  it('is read from headers that are buffers, as Kafka gives them', () => {
    const message = toMessage(event);
    const headers = Object.fromEntries(
      Object.entries(message.headers).map(([key, value]) => [key, Buffer.from(value)]),
    );
    expect(fromMessage({ ...message, headers })).toEqual(event);
  });

  it('tells by one header when its event was recorded, also when the rest cannot be read', () => {
    expect(recordedAtOf(toMessage(event).headers)).toEqual(event.time);
    expect(recordedAtOf({ ce_time: Buffer.from(event.time.toISOString()) })).toEqual(event.time);
    expect(recordedAtOf({ ce_time: 'soon' })).toBeUndefined();
    expect(recordedAtOf({})).toBeUndefined();
  });

  it('keeps a type that this version does not know', () => {
    const headers = { ...toMessage(event).headers, ce_type: 'meridian.orders.v1.OrderMused' };
    expect(fromMessage({ ...toMessage(event), headers }).type).toBe('OrderMused');
  });

  it.each([
    ['ce_source', '/elsewhere'],
    ['ce_time', 'yesterday'],
    ['ce_type', 'meridian.catalog.v1.OrderPaid'],
    ['ce_position', '-1'],
    ['ce_position', '1e3'],
    ['ce_aggregateversion', ''],
    ['ce_subject', ''],
    ['ce_id', ''],
  ])('names what is wrong: %s = "%s"', (name, value) => {
    const headers = { ...toMessage(event).headers, [name]: value };
    const read = (): unknown => fromMessage({ ...toMessage(event), headers });
    expect(read).toThrow(MalformedEventError);
    expect(read).toThrow(name);
  });

  it('refuses a message without a value: topics of events are never compacted', () => {
    expect(() => fromMessage({ ...toMessage(event), value: null })).toThrow(MalformedEventError);
  });
});
