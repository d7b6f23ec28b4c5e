import { takeBatch } from '@meridian/async';
import type { EventEnvelope } from '@meridian/contracts';
import { EVENT_OVERHEAD_BYTES, type ReadBounds } from '@meridian/write-store';

/** Of one shard in one send: well below what a broker takes in one batch by default. */
export const MAX_SHARD_BYTES = 700_000;

/** What an event counts for in bounds of bytes. */
export const sizeOf = ({ payload }: Pick<EventEnvelope, 'payload'>): number =>
  payload.length + EVENT_OVERHEAD_BYTES;

/**
 * The first events of a list that together stay within the bounds, and at least one. So a large event goes alone, and
 * only Kafka itself decides whether the event is too large.
 */
export function withinBounds(
  events: readonly EventEnvelope[],
  { limit, maxBytes }: ReadBounds,
): readonly EventEnvelope[] {
  return takeBatch(events, { maxCount: limit, maxBytes, bytesOf: sizeOf });
}
