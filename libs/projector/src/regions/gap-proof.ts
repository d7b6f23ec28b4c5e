import { fromMessage, isForeignTo, type EventEnvelope } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';

/**
 * Follows the messages of a partition, and proves that none is missing between two positions. Batches of the group are
 * checked by offsets (decision 0038).
 */
export interface GapProof {
  /** The events above that position, each once; nothing while it is not proven that none is missing before them. */
  take(messages: readonly ReceivedMessage[], partition: number): readonly EventEnvelope[];
  /** Whether every event that is wanted has been taken. */
  isComplete(): boolean;
  /**
   * How far it got, of what is wanted, as a progress has it. Undefined while nothing above what was known is proven.
   * Undefined, too, while an event was passed over that has to come again: that event lies before this offset.
   */
  reached(): Reached | undefined;
}

/** Up to where every event was taken. */
export interface Reached {
  readonly position: bigint;
  readonly eventTime: Date;
  readonly nextOffset: bigint | undefined;
}

/** What is wanted of a partition. */
export interface GapProofOptions {
  /** What is known already. */
  readonly after: bigint;
  /** The last position that is wanted. */
  readonly until: bigint;
  /** Where the topic goes on after what is known. */
  readonly nextOffset: bigint | undefined;
  /** The journal whose events count; those of another are passed over, and prove nothing. */
  readonly journalId?: string | undefined;
}

/**
 * Makes a proof. Positions rise along a partition, so once an event at or below `after` was seen, all events above it
 * follow. The very beginning of the topic proves it too, if nothing of the topic was read before. If something was
 * read, the topic was made anew, and may begin anywhere.
 *
 * | proven | the next message                                            | then                                            |
 * | ------ | ----------------------------------------------------------- | ----------------------------------------------- |
 * | any    | is at offset 0, and nothing of the topic was read before    | proven                                          |
 * | any    | is an event at or below `after`                             | proven                                          |
 * | no     | is an event above `last`                                    | passed over: its position is kept               |
 * | yes    | is an event above `last`                                    | taken: `last` is its position                   |
 * | yes    | is above all that were passed over, and `last` is not       | proven no more; `last` is `after`; passed over  |
 * | any    | is no event, is another journal's, or is not above `last`   | nothing                                         |
 *
 * The proof is complete when it is proven and `last` has come to `until`.
 */
export function createGapProof({ after, until, nextOffset: resume, journalId }: GapProofOptions): GapProof {
  const beginningProves = resume === undefined || resume === 0n;
  let proven = false;
  let last = after;
  /** The highest position that was left out because nothing proved it. */
  let passedOver = after;
  let eventTime = new Date(0);
  let nextOffset: bigint | undefined;
  return {
    take(messages, partition) {
      const events: EventEnvelope[] = [];
      for (const message of messages) {
        const event = readEvent(message, partition, journalId);
        if (beginningProves && message.offset === '0') proven = true;
        if (event && event.position <= after) proven = true;
        if (!event || event.position <= last) continue;
        // A range that was published again proves what it holds, and nothing of what came before it and is not in it.
        const jumps = last < passedOver && event.position > passedOver;
        if (!proven || jumps) {
          [proven, last] = [false, after];
          passedOver = event.position > passedOver ? event.position : passedOver;
          continue;
        }
        last = event.position;
        events.push(event);
        // What lies above was not wanted, and is not known to be there.
        if (event.position > until) continue;
        ({ time: eventTime } = event);
        nextOffset = BigInt(message.offset) + 1n;
      }
      return events;
    },
    isComplete: () => proven && last >= until,
    reached() {
      const position = last < until ? last : until;
      const skips = passedOver > position;
      if (!proven || (position < until && (last === after || skips))) return undefined;
      return { position, eventTime, nextOffset: skips ? resume : nextOffset };
    },
  };
}

/** A message that is no event was parked when it came first; what is kept of it is copied. */
function readEvent(
  { headers, value }: ReceivedMessage,
  partition: number,
  journalId: string | undefined,
): EventEnvelope | undefined {
  try {
    const event = fromMessage({ partition, headers, value });
    return isForeignTo(journalId, event) ? undefined : event;
  } catch {
    return undefined;
  }
}
