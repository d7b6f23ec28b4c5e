import { toMessage, type EventEnvelope } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';
import { write } from '@meridian/projection';
import { levels, stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import type { DeferredEvent, ParkedAggregate } from '@meridian/read-store';
import { describe, expect, it } from 'vitest';
import { decodeBatch } from './decode-batch.ts';

const events = tellStock(['a', 'b', 'a', 'c', 'b', 'a'].map((productId) => ({ productId, delta: 1n })));

const received = (event: EventEnvelope, index: number): ReceivedMessage => {
  const { key, headers, value } = toMessage(event);
  return { offset: String(100 + index), key: Buffer.from(key), headers, value: Buffer.from(value) };
};
const messages = events.map(received);

const state = (position = 0n, parked: readonly ParkedAggregate[] = []) => ({
  context: 'inventory' as const,
  partition: 3,
  taken: { context: 'inventory' as const, partition: 3, position, eventTime: new Date(0) },
  parked: new Map(parked.map((one) => [one.aggregateId, one])),
  deferred: new Map<bigint, DeferredEvent>(),
});

const failing = (aggregateId: string) => ({
  project(event: Parameters<typeof stockProjection.project>[0]) {
    if (event.aggregateId === aggregateId) throw new Error('cannot');
    return stockProjection.project(event);
  },
});

describe('decodeBatch', () => {
  it('takes what is above the last position applied, and each event once', () => {
    const again = [...messages.slice(0, 4), ...messages.slice(1)];
    const { events: taken, last, nextOffset } = decodeBatch(again, state(1n), stockProjection);
    expect(taken.map(({ event }) => event.position)).toEqual([2n, 3n, 4n, 5n, 6n]);
    expect(last?.position).toBe(6n);
    expect(nextOffset).toBe(106n);
  });

  it('stops before an event of another journal, whatever its position, and neither drops nor parks it', () => {
    const ours = events.map((event) => ({ ...event, journalId: 'ours' }));
    for (const position of [2n, 3n, 9_000n]) {
      const theirs = { ...events[2]!, position, journalId: 'theirs' };
      const batch = [...ours.slice(0, 3), theirs, ...ours.slice(3)].map(received);
      const decoded = decodeBatch(batch, state(), stockProjection, undefined, 'ours');
      expect(decoded.events.map(({ event }) => event.position)).toEqual([1n, 2n, 3n]);
      expect(decoded).toMatchObject({ goOnAt: 3, nextOffset: 103n, last: { position: 3n }, parked: [] });
      expect(decoded.foreign).toEqual({ journalId: 'theirs', offset: '103' });
    }
  });

  it('knows another journal’s event that it cannot read, and one that no journal gives', () => {
    const unreadable = { ...messages[0]!, headers: { ce_journalid: 'theirs' } };
    expect(decodeBatch([unreadable], state(), stockProjection, undefined, 'ours').foreign).toBeDefined();
    const absurd = received({ ...events[0]!, position: 9_000_000_000_000_000_000n }, 0);
    const decoded = decodeBatch([absurd], state(), stockProjection);
    expect(decoded).toMatchObject({ goOnAt: 0, events: [], parked: [], last: undefined });
    expect(decoded.foreign).toBeDefined();
  });

  it('takes events that name no journal, as old versions do, and any while its own is unknown', () => {
    const named = events.map((event) => received({ ...event, journalId: 'one' }, Number(event.position)));
    expect(decodeBatch(messages, state(), stockProjection, undefined, 'ours').events).toHaveLength(6);
    expect(decodeBatch(named, state(), stockProjection).events).toHaveLength(6);
  });

  it('parks an aggregate from its first event on that fails, with the reason, and takes the others', () => {
    const decoded = decodeBatch(messages, state(), failing('a'));
    expect(decoded.events.map(({ event }) => event.aggregateId)).toEqual(['b', 'c', 'b']);
    expect(decoded.parked.map(({ position, reason }) => [position, reason])).toEqual([
      [1n, 'Error: cannot'],
      [3n, ''],
      [6n, ''],
    ]);
    expect(decoded.aggregates.get('a')).toMatchObject({ firstPosition: 1n, lastPosition: 6n, events: 3 });
    expect(decoded.last?.position).toBe(6n);
  });

  it('parks an aggregate whose event gives a row that no store takes: its partition would stand still', () => {
    const emptyKey = {
      project: (event: Parameters<typeof stockProjection.project>[0]) =>
        event.aggregateId === 'a'
          ? [write(levels, { product_id: '' }, { version: event.version })]
          : stockProjection.project(event),
    };
    const decoded = decodeBatch(messages, state(), emptyKey);
    expect(decoded.events.map(({ event }) => event.aggregateId)).toEqual(['b', 'c', 'b']);
    expect(decoded.parked[0]?.reason).toBe('UnbindableError: table test_level: the partition key is empty');
  });

  it('adds to what is parked already, and forgets nothing of it', () => {
    const known = decodeBatch(messages.slice(0, 1), state(), failing('a')).aggregates.get('a')!;
    const decoded = decodeBatch(messages.slice(1), state(1n, [known]), stockProjection);
    expect(decoded.aggregates.get('a')).toEqual({ ...known, lastPosition: 6n, events: 3 });
    expect(decoded.events.map(({ event }) => event.aggregateId)).toEqual(['b', 'c', 'b']);
  });

  it('takes what came before the first parked event when all comes again, and parks the rest once', () => {
    const fails = {
      project(event: Parameters<typeof stockProjection.project>[0]) {
        if (event.position === 3n) throw new Error('cannot');
        return stockProjection.project(event);
      },
    };
    const known = decodeBatch(messages, state(), fails).aggregates.get('a')!;
    const all = decodeBatch(messages, state(0n, [known]), stockProjection);
    expect(all.events.map(({ event }) => event.position)).toEqual([1n, 2n, 4n, 5n]);
    expect(all.parked.map(({ position }) => position)).toEqual([3n, 6n]);
    expect(all.aggregates.get('a')).toEqual(known);
    const some = decodeBatch(messages.slice(0, 4), state(0n, [known]), stockProjection);
    expect(some.aggregates.get('a')).toEqual(known);
  });

  it('takes an event again that a message followed which could not be read', () => {
    const broken = { ...messages[2]!, headers: {} };
    const known = decodeBatch([messages[0]!, broken], state(), stockProjection).aggregates.get('a')!;
    const again = decodeBatch([messages[0]!, broken, messages[5]!], state(0n, [known]), stockProjection);
    expect(again.events.map(({ event }) => event.position)).toEqual([1n]);
    expect(again.parked.map(({ position }) => position)).toEqual([1n, 6n]);
  });

  it('parks the aggregate of the key when the headers say nothing, and moves no position', () => {
    const broken = { ...messages[2]!, headers: {} };
    const decoded = decodeBatch([messages[0]!, broken], state(), stockProjection);
    expect(decoded.parked).toMatchObject([{ aggregateId: 'a', position: 1n, aggregateType: 'unknown' }]);
    expect(decoded.last?.position).toBe(1n);
    expect(decoded.nextOffset).toBe(103n);
  });

  it('ends after an event of an unknown type, so that no fold spans it', () => {
    const unknown = received({ ...events[1]!, type: 'StockCounted' }, 1);
    const all = [messages[0]!, unknown, ...messages.slice(2)];
    const decoded = decodeBatch(all, state(), stockProjection);
    expect(decoded).toMatchObject({ goOnAt: 2, nextOffset: 102n, last: { position: 2n } });
    expect(decoded.deferred).toMatchObject([{ position: 2n, type: 'StockCounted' }]);
    expect(decoded.events).toHaveLength(1);
  });

  it('keeps again what was kept before, even when its type is known by now, in no more room', () => {
    const kept = new Map([[2n, { aggregateId: 'b', type: 'StockReceived' }]]);
    const bounds = { maxAggregates: 1, maxEventsAnAggregate: 9, maxDeferred: 1 };
    const decoded = decodeBatch(messages, { ...state(1n), deferred: kept }, stockProjection, bounds);
    expect(decoded).toMatchObject({ goOnAt: 2, events: [], last: { position: 2n } });
    expect(decoded.deferred).toMatchObject([{ position: 2n, type: 'StockReceived' }]);
  });

  it('parks a kept event with its aggregate, so that all of it is applied in order', () => {
    const kept = new Map([[3n, { aggregateId: 'a', type: 'StockReceived' }]]);
    const decoded = decodeBatch(messages, { ...state(), deferred: kept }, failing('a'));
    expect(decoded.parked.map(({ position }) => position)).toEqual([1n, 3n, 6n]);
    expect(decoded.deferred).toEqual([]);
  });

  it('ends before what it has no room to park', () => {
    const bounds = { maxAggregates: 1, maxEventsAnAggregate: 2, maxDeferred: 0 };
    const long = decodeBatch(messages, state(), failing('a'), bounds);
    expect(long).toMatchObject({ goOnAt: 5, isFull: true, last: { position: 5n } });
    const many = decodeBatch(
      messages,
      state(),
      {
        project: () => {
          throw new Error('cannot');
        },
      },
      bounds,
    );
    expect(many).toMatchObject({ goOnAt: 1, isFull: true, last: { position: 1n } });
  });
});
