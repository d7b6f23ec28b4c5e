import { fromMessage, isForeignTo, type EventEnvelope } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';

/**
 * Follows the messages of a partition, and proves that none is missing between two positions. Batches of the group are
 * checked by offsets (decision 0038).
 */
export interface GapProof {
  /** Gives the events above the known position, each once. Gives none while an event before them may be missing. */
  take(messages: readonly ReceivedMessage[], partition: number): readonly EventEnvelope[];
  /** Whether every event that is wanted has been taken. */
  isComplete(): boolean;
  /**
   * How far the wanted events were taken, as a progress has it. Undefined while nothing above the known position is
   * proven. Also undefined while an event was passed over that has to come again: that event lies before this offset.
   * No event above the position lies before the offset.
   */
  reached(): Reached | undefined;
}

/** A position up to which every event was taken. */
export interface Reached {
  readonly position: bigint;
  readonly eventTime: Date;
  readonly nextOffset: bigint | undefined;
}

/** Which events of a partition are wanted. */
export interface GapProofOptions {
  /** The last position that is known already. */
  readonly after: bigint;
  /** The last position that is wanted: that of an event. */
  readonly until: bigint;
  /** The offset at which the topic goes on after the known position: no event above that position lies before it. */
  readonly nextOffset: bigint | undefined;
  /** The journal whose events count. Events of another journal are passed over, and prove nothing. */
  readonly journalId?: string | undefined;
}

/**
 * Makes a proof. Positions rise along a partition, so once an event at or below `after` was seen, all events above it
 * follow. The first message of a topic proves the same, if nothing of the topic was read before. If something was read
 * before, offset 0 proves nothing: the topic may have been made anew since, and may begin at any event.
 *
 * A read begins one message before `nextOffset`, or at the oldest message. So when its first message is at `nextOffset`,
 * Kafka has dropped all before it, and nothing lies in between. A topic that was made anew could only look like that if
 * it had dropped its messages up to that very offset. The gap detector relies on the same.
 *
 * | proven | the next message                                            | then                                            |
 * | ------ | ----------------------------------------------------------- | ----------------------------------------------- |
 * | any    | is at offset 0, and nothing of the topic was read before    | proven                                          |
 * | any    | is an event at or below `after`                             | proven                                          |
 * | no     | is an event at `nextOffset`, and the first message          | proven                                          |
 * | no     | is an event above `last`                                    | passed over: its position is kept               |
 * | yes    | is an event above `last`                                    | taken: `last` is its position                   |
 * | yes    | is above all that were passed over, and `last` is not       | proven no more; `last` is `after`; passed over  |
 * | yes    | is above `until`, and `last` is below it                    | the same: the event at `until` did not come     |
 * | any    | is no event, is another journal's, or is not above `last`   | nothing                                         |
 *
 * The proof is complete when it is proven and `last` has come to `until`.
 */
export function createGapProof({ after, until, nextOffset: resume, journalId }: GapProofOptions): GapProof {
  const beginningProves = resume === undefined || resume === 0n;
  let proven = false;
  let first: bigint | undefined;
  let last = after;
  /** The highest position of an event that was left out because an event before it may be missing. */
  let passedOver = after;
  let eventTime = new Date(0);
  let nextOffset: bigint | undefined;
  return {
    take(messages, partition) {
      const events: EventEnvelope[] = [];
      for (const message of messages) {
        const event = readEvent(message, partition, journalId);
        const offset = BigInt(message.offset);
        first ??= offset;
        if (beginningProves && offset === 0n) proven = true;
        const goesOn = offset === resume && offset === first;
        if (event && (event.position <= after || goesOn)) proven = true;
        if (!event || event.position <= last) continue;
        // A range that was published again proves its own events only. Events before the range may be missing.
        const jumps = [passedOver, until].some((limit) => last < limit && event.position > limit);
        if (!proven || jumps) {
          [proven, last] = [false, after];
          passedOver = event.position > passedOver ? event.position : passedOver;
          continue;
        }
        last = event.position;
        events.push(event);
        // Events above `until` are not wanted: the progress must not name them.
        if (event.position > until) continue;
        ({ time: eventTime } = event);
        nextOffset = offset + 1n;
      }
      return events;
    },
    isComplete: () => proven && last >= until,
    reached() {
      const position = last < until ? last : until;
      const skips = passedOver > position;
      if (!proven || (position < until && (last === after || skips))) return undefined;
      // What lay before the first message is gone. It may have held later events than a range that was published again.
      const isRepeated = position < until && resume !== undefined && first !== undefined && first > resume;
      return { position, eventTime, nextOffset: skips || isRepeated ? resume : nextOffset };
    },
  };
}

/** Gives nothing for a message that is no event: it was parked when it came first, and what is parked is copied. */
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
