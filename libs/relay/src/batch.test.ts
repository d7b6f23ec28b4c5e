import type { EventEnvelope } from '@meridian/contracts';
import { describe, expect, it } from 'vitest';
import { withinBounds } from './batch.ts';

const event = (position: bigint, size: number): EventEnvelope => ({
  eventId: 'e',
  position,
  shard: 0,
  context: 'orders',
  aggregateType: 'order',
  aggregateId: 'o',
  version: 1n,
  type: 'OrderPlaced',
  time: new Date(0),
  traceparent: '',
  payload: new Uint8Array(size),
});

describe('a batch within bytes', () => {
  it('keeps the order and stops before the bound; a larger event goes alone', () => {
    const events = [event(1n, 600), event(2n, 600), event(3n, 600)];
    const positions = (maxBytes: number, limit = 10) =>
      withinBounds(events, { limit, maxBytes }).map(({ position }) => position);
    expect(positions(10_000)).toEqual([1n, 2n, 3n]);
    expect(positions(2_000)).toEqual([1n, 2n]);
    expect(positions(10)).toEqual([1n]);
    expect(positions(10_000, 2)).toEqual([1n, 2n]);
    expect(withinBounds([], { limit: 1, maxBytes: 10 })).toEqual([]);
  });
});
