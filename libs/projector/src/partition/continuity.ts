import { fromMessage } from '@meridian/contracts';
import type { ReceivedMessage } from '@meridian/messaging';
import type { PartitionState } from './partition-state.ts';

/** Whether what is to be applied follows what was applied, or something between them is not here. */
export type Continuity =
  /** It follows. */
  | { readonly kind: 'follows' }
  /** It may be that Kafka has what lies between: read from there on. */
  | { readonly kind: 'look-back'; readonly offset: bigint }
  /** Kafka does not hold what lies between. */
  | { readonly kind: 'lost' };

/** Watches that no message of a partition is left out: Kafka's offsets say where to resume, and progress says whether that is right. */
export interface Seams {
  /** Looks at a batch before it is applied. */
  check(state: Applied, batch: Batch): Continuity;
  /** Every message of a batch was applied. Gives the offset where its partition goes on, when that is known. */
  passed(state: Applied, batch: Batch): bigint | undefined;
  /** From where to read a partition again of which no batch has come since it was taken over; undefined when one has. */
  resumeUnseen(state: Applied): bigint | undefined;
}

type Applied = Pick<PartitionState, 'applied'>;

interface Batch {
  readonly partition: number;
  readonly messages: readonly ReceivedMessage[];
}

interface Seam {
  /** Where the partition goes on; undefined when Kafka was never read so far. */
  next: bigint | undefined;
  proven: boolean;
  /** Where it was looked already since the last batch that followed. */
  readonly looked: Set<bigint>;
}

/**
 * Makes it. Offsets have no gaps here: topics are neither compacted nor written in transactions. So a batch follows when it
 * begins where its partition goes on, or before that. A beginning before that may be of a topic that was made anew, though: there
 * the first event has to be one that is applied already. A partition that was never read begins at offset 0.
 */
export function createSeams(): Seams {
  const seams = new WeakMap<Applied, Seam>();

  function seamOf(state: Applied): Seam {
    const known = seams.get(state);
    if (known) return known;
    const seam = { next: state.applied.nextOffset, proven: false, looked: new Set<bigint>() };
    seams.set(state, seam);
    return seam;
  }

  function lookAt(seam: Seam, offset: bigint): Continuity {
    if (!seam.looked.has(offset)) {
      seam.looked.add(offset);
      return { kind: 'look-back', offset };
    }
    seam.looked.clear();
    return { kind: 'lost' };
  }

  return {
    check(state, batch) {
      const seam = seamOf(state);
      const found = findSeam(state, seam.next, batch);
      seam.proven = found === 'follows';
      if (found === 'above' && seam.next !== undefined) return lookAt(seam, before(seam.next));
      if (found === 'above' || found === 'anew') return lookAt(seam, 0n);
      seam.looked.clear();
      return { kind: 'follows' };
    },
    passed(state, { messages }) {
      const seam = seamOf(state);
      const last = messages.at(-1);
      if (last && seam.proven) seam.next = BigInt(last.offset) + 1n;
      return seam.proven ? seam.next : undefined;
    },
    resumeUnseen(state) {
      const { next, proven } = seamOf(state);
      return proven ? undefined : before(next ?? 0n);
    },
  };
}

/** The last message that was read is read again: it says by its position that the topic is still the same. */
const before = (offset: bigint) => (offset === 0n ? 0n : offset - 1n);

/** `unread`: no message of it can be read, so it says nothing. */
function findSeam(
  { applied }: Applied,
  next: bigint | undefined,
  { partition, messages }: Batch,
): 'follows' | 'above' | 'anew' | 'unread' {
  const first = BigInt(messages[0]?.offset ?? 0n);
  if (first === (next ?? 0n)) return 'follows';
  if (next !== undefined && first > next) return 'above';
  for (const message of messages) {
    // What cannot be read before that is put aside, like any other of its kind.
    if (next !== undefined && BigInt(message.offset) >= next) return 'follows';
    const position = positionOf(message, partition);
    if (position === undefined) continue;
    if (position <= applied.position) return 'follows';
    return next === undefined ? 'above' : 'anew';
  }
  return 'unread';
}

function positionOf({ headers, value }: ReceivedMessage, partition: number): bigint | undefined {
  try {
    return fromMessage({ partition, headers, value }).position;
  } catch {
    return undefined;
  }
}
