import { fromMessage, type EventEnvelope } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';

/** Follows the messages of a partition and knows whether they are all from one position on. */
export interface Coverage {
  /** The events above that position, each once; nothing while it is not proven that none is missing before them. */
  take(messages: readonly ReceivedMessage[], partition: number): readonly EventEnvelope[];
  /** Whether every event up to a position has been taken. */
  reaches(position: bigint): boolean;
  /** Up to where, for a progress. */
  at(position: bigint): {
    readonly position: bigint;
    readonly eventTime: Date;
    readonly nextOffset: bigint | undefined;
  };
}

/**
 * Makes it. Positions rise along a partition, so once an event at or below `after` was seen, or the very beginning of the
 * partition, all events above `after` follow.
 */
export function createCoverage(after: bigint): Coverage {
  let proven = false;
  let last = after;
  let eventTime = new Date(0);
  let nextOffset: bigint | undefined;
  return {
    take(messages, partition) {
      const events: EventEnvelope[] = [];
      for (const message of messages) {
        const event = readEvent(message, partition);
        if (message.offset === '0' || (event && event.position <= after)) proven = true;
        if (!proven) return [];
        if (!event || event.position <= last) continue;
        last = event.position;
        ({ time: eventTime } = event);
        nextOffset = BigInt(message.offset) + 1n;
        events.push(event);
      }
      return events;
    },
    reaches: (position) => proven && last >= position,
    at: (position) => ({ position, eventTime, nextOffset }),
  };
}

/** A message that is no event was parked when it came first; what is kept of it is copied. */
function readEvent({ headers, value }: ReceivedMessage, partition: number): EventEnvelope | undefined {
  try {
    return fromMessage({ partition, headers, value });
  } catch {
    return undefined;
  }
}
