import type { EventEnvelope } from '@meridian/contracts';

/** What Kafka adds to an event's payload in headers and framing, about; bounds need no more precision. */
const OVERHEAD_BYTES = 400;

/**
 * The first events of a list that together stay within `maxBytes`; at least one, so that a large event goes alone and only
 * Kafka itself decides whether it is too large.
 */
export function withinBytes(events: readonly EventEnvelope[], maxBytes: number): readonly EventEnvelope[] {
  let bytes = 0;
  let count = 0;
  for (const { payload } of events) {
    bytes += payload.length + OVERHEAD_BYTES;
    if (count > 0 && bytes > maxBytes) break;
    count += 1;
  }
  return events.slice(0, count);
}
