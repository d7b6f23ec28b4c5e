import { fromMessage } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';
import type { PartitionState } from './partition-state.ts';

/** Whether a batch follows the events that were applied, or messages are missing between them. */
export type Continuity =
  /**
   * The batch follows. Call `passed` when every message of the batch was applied. It gives the offset where the
   * partition goes on, when the progress does not say so yet.
   */
  | { readonly kind: 'follows'; passed(): bigint | undefined }
  /** Kafka may hold the missing messages, or the batch repeats messages far below: read on from this offset. */
  | { readonly kind: 'rewind'; readonly offset: bigint }
  /** Kafka does not hold the missing messages. */
  | { readonly kind: 'lost' };

/**
 * Detects gaps in the offsets of a partition: no message may be left out. Kafka's offsets say where to resume, and
 * progress says whether that is right. Catching up has its own check, by positions (decision 0038).
 */
export interface GapDetector {
  /** Compares a batch with what was applied, before the batch is applied. */
  check(state: Taken, batch: Batch): Continuity;
  /** Where to read a partition again when no batch of it has come since it was taken over. Undefined when a batch has come. */
  resumeUnseen(state: Taken): bigint | undefined;
}

type Taken = Pick<PartitionState, 'taken'>;

interface Batch {
  readonly partition: number;
  readonly messages: readonly ReceivedMessage[];
}

interface ReadingPlace {
  /** Where the partition goes on; undefined when Kafka was never read so far. */
  next: bigint | undefined;
  proven: boolean;
  /** Whether known messages were passed over. This happens once: the topic may turn out to be made anew. */
  passedOver: boolean;
  /** The offsets that were rewound to since the last batch that followed. */
  readonly rewound: Set<bigint>;
}

/**
 * Makes a detector. Offsets have no gaps here: topics are neither compacted nor written in transactions. So a batch
 * follows when it begins where its partition goes on, or earlier. But an earlier beginning may belong to a topic that
 * was made anew. Then the first event must be one that is applied already. A partition that was never read begins at
 * offset 0.
 *
 * `next` is the offset where the partition goes on. The first readable event of a batch decides:
 *
 * | the batch begins                       | its first event       | found     | what follows                              |
 * | -------------------------------------- | --------------------- | --------- | ----------------------------------------- |
 * | at `next`, or at 0 when never read     | any                   | `follows` | the batch is applied                      |
 * | above `next`                           | any                   | `above`   | rewind to the message before `next`       |
 * | below `next`, or above 0 when never read | is applied already  | `follows` | the batch is applied: it repeats          |
 * | below `next`, and ends below it        | all are applied       | `known`   | on to the message before `next`, once     |
 * | below `next`                           | is not applied        | `anew`    | rewind to 0: the topic was made anew      |
 * | above 0 when never read                | is not applied        | `above`   | rewind to 0                               |
 * | below `next`                           | none before `next`    | `follows` | the batch is applied                      |
 * | below `next`, and ends below it        | none can be read      | `unread`  | the batch is applied, and proves nothing  |
 *
 * A second rewind to the same offset would find nothing new: the messages are `lost`. A batch that follows starts the
 * count again.
 */
export function createGapDetector(): GapDetector {
  const gaps = new WeakMap<Taken, ReadingPlace>();

  function placeOf(state: Taken): ReadingPlace {
    const known = gaps.get(state);
    if (known) return known;
    const place: ReadingPlace = {
      next: state.taken.nextOffset,
      proven: false,
      passedOver: false,
      rewound: new Set<bigint>(),
    };
    gaps.set(state, place);
    return place;
  }

  function rewindOrLost(place: ReadingPlace, offset: bigint): Continuity {
    if (!place.rewound.has(offset)) {
      place.rewound.add(offset);
      return { kind: 'rewind', offset };
    }
    place.rewound.clear();
    return { kind: 'lost' };
  }

  return {
    check(state, batch) {
      const place = placeOf(state);
      if (place.next !== undefined && !place.passedOver && isKnown(state, place.next, batch)) {
        place.passedOver = true;
        return { kind: 'rewind', offset: before(place.next) };
      }
      const found = compare(state, place.next, batch);
      place.proven = found === 'follows';
      if (found === 'above' && place.next !== undefined) return rewindOrLost(place, before(place.next));
      if (found === 'above' || found === 'anew') return rewindOrLost(place, 0n);
      place.rewound.clear();
      return { kind: 'follows', passed: () => passed(place, state, batch) };
    },
    resumeUnseen(state) {
      const { next, proven } = placeOf(state);
      return proven ? undefined : before(next ?? 0n);
    },
  };
}

function passed(place: ReadingPlace, { taken }: Taken, { messages }: Batch): bigint | undefined {
  const last = messages.at(-1);
  if (last && place.proven) place.next = BigInt(last.offset) + 1n;
  const { next = 0n, proven } = place;
  return proven && next > (taken.nextOffset ?? 0n) ? next : undefined;
}

/** Reads the last message again: its position tells whether the topic is still the same. */
const before = (offset: bigint) => (offset === 0n ? 0n : offset - 1n);

/**
 * What the first readable event of a batch tells. `unread`: no message of the batch is readable, so the batch tells
 * nothing.
 */
function compare(
  { taken }: Taken,
  next: bigint | undefined,
  { partition, messages }: Batch,
): 'follows' | 'above' | 'anew' | 'unread' {
  const first = BigInt(messages[0]?.offset ?? 0n);
  if (first === (next ?? 0n)) return 'follows';
  if (next !== undefined && first > next) return 'above';
  for (const message of messages) {
    // Messages before this one that cannot be read are quarantined, like all others.
    if (next !== undefined && BigInt(message.offset) >= next) return 'follows';
    const position = positionOf(message, partition);
    if (position === undefined) continue;
    if (position <= taken.position) return 'follows';
    return next === undefined ? 'above' : 'anew';
  }
  return 'unread';
}

/**
 * Whether a batch repeats applied events only, and further applied events lie between the batch and `next`. A new group begins at the
 * oldest message, and so does a group whose offsets Kafka has forgotten.
 */
function isKnown({ taken }: Taken, next: bigint, { partition, messages }: Batch): boolean {
  const last = messages.at(-1);
  if (!last || BigInt(last.offset) + 1n >= before(next)) return false;
  const positions = messages.map((message) => positionOf(message, partition));
  return positions.every((position) => position !== undefined && position <= taken.position);
}

function positionOf({ headers, value }: ReceivedMessage, partition: number): bigint | undefined {
  try {
    return fromMessage({ partition, headers, value }).position;
  } catch {
    return undefined;
  }
}
