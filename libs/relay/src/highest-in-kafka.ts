import {
  CONTEXTS,
  fromMessage,
  isForeignTo,
  journalIdOf,
  REPUBLISHED_HEADER,
  topicOf,
  type EventEnvelope,
} from '@meridian/contracts';
import { mapTails, type KafkaHandle, type PartitionTail, type ReceivedMessage } from '@meridian/messaging';
import { FEW_EVENTS } from './cursor-moves.ts';

/** The highest position in one partition of a topic. */
export interface PartitionPosition {
  readonly topic: string;
  readonly partition: number;
  readonly position: bigint;
}

/** What is kept of a message: thousands are looked at in every partition, and each may be a megabyte. */
interface Seen {
  readonly position: bigint;
  /** An operator had it sent again. */
  readonly again: boolean;
  /** The event itself, where it is wanted. */
  readonly event?: EventEnvelope;
}

type Tail = PartitionTail<Seen>;

const FIRST_TAIL = 4_000;
const NO_VALUE = Buffer.alloc(0);

/**
 * Two full batches of the relay, and the few events whose cursors follow later (cursor-moves.ts): before the move, and while
 * it is under way. Different events are counted, since a batch may be sent any number of times. Positions rise in a partition once duplicates are dropped. But a batch that an owner
 * had on its way when the batch was given up may land behind newer ones. So one batch says nothing of how far a
 * partition is.
 */
const TELLING = 2_000 + 2 * FEW_EVENTS;

/**
 * The highest position in every partition that Kafka holds events in. Reads the newest messages only, but several
 * batches of them. It reads more of a partition whose newest messages an operator has sent again. Such repeats do
 * not show how far the partition is. Throws MalformedEventError for a message that is none of ours. With an id, the
 * events of another journal do not count.
 */
export async function highestInKafka(
  kafka: KafkaHandle,
  topicPrefix: string,
  journalId?: string,
): Promise<readonly PartitionPosition[]> {
  const where = { kafka, topicPrefix, journalId };
  const again = new Map<string, bigint>();
  // A repeat that counts for nothing else is not kept: a partition may have millions.
  const keep = (message: ReceivedMessage, partition: number, topic: string): Seen | undefined => {
    const found = seen(message, partition);
    if (!found.again) return found;
    const key = `${topic}/${partition}`;
    if (found.position > (again.get(key) ?? 0n)) again.set(key, found.position);
    return undefined;
  };
  const tails = await tailsUntil(where, keep, (tail) => telling(firstSent(tail)).size >= TELLING);
  return tails.map((tail) => highestOf(tail, again.get(`${tail.topic}/${tail.partition}`)));
}

/**
 * Every event that Kafka still holds above a position, in order and once: what a restored database has lost. They are held in
 * memory all at once, and nothing of what is below it. With an id, the events of another journal are left out.
 */
export async function eventsInKafkaAbove(
  kafka: KafkaHandle,
  topicPrefix: string,
  position: bigint,
  journalId?: string,
): Promise<readonly EventEnvelope[]> {
  // All of two batches are at or below `position`. At least one batch came in its turn, so everything older is below
  // it too.
  const reachesDown = (tail: Tail) => {
    const oldest = telling(firstSent(tail));
    return oldest.size === TELLING && [...oldest].every((one) => one <= position);
  };
  const keep = (message: ReceivedMessage, partition: number): Seen | undefined => {
    const found = seen(message, partition);
    if (found.position > position) return { ...found, event: fromMessage({ partition, ...message }) };
    return found.again ? undefined : found;
  };
  const tails = await tailsUntil({ kafka, topicPrefix, journalId }, keep, reachesDown);
  const above = tails.flatMap(({ messages }) => messages.flatMap(({ event }) => event ?? []));
  const once = new Map(above.map((event) => [event.position, event]));
  return [...once.values()].sort((a, b) => (a.position < b.position ? -1 : 1));
}

interface Where {
  readonly kafka: KafkaHandle;
  readonly topicPrefix: string;
  readonly journalId: string | undefined;
}

/** Whether a message is an event of the journal. What names no journal is told by its position, and has to be an event. */
function isOurs(journalId: string | undefined, { headers, value }: ReceivedMessage): boolean {
  const named = journalIdOf(headers);
  if (named !== undefined && isForeignTo(journalId, { position: 0n, journalId: named })) return false;
  return !isForeignTo(journalId, fromMessage({ partition: 0, headers, value: value && NO_VALUE }));
}

/** Reads ever longer tails of the partitions until each is enough, or whole. */
async function tailsUntil(
  { kafka, topicPrefix, journalId }: Where,
  keep: (message: ReceivedMessage, partition: number, topic: string) => Seen | undefined,
  isEnough: (tail: Tail) => boolean,
): Promise<readonly Tail[]> {
  let topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  const found = new Map<string, Tail>();
  for (let count = FIRST_TAIL; topics.length > 0; count *= 4) {
    const tails = await mapTails({ kafka, topics, count }, (message, partition, topic) =>
      isOurs(journalId, message) ? keep(message, partition, topic) : undefined,
    );
    const open = tails.filter((tail) => !tail.whole && !isEnough(tail));
    for (const tail of tails) found.set(`${tail.topic}/${tail.partition}`, tail);
    topics = topics.filter((topic) => open.some((tail) => tail.topic === topic));
  }
  return [...found.values()];
}

function seen({ headers, value }: ReceivedMessage, partition: number): Seen {
  // What has no value is none of ours, and is refused.
  const { position } = fromMessage({ partition, headers, value: value && NO_VALUE });
  return { position, again: headers[REPUBLISHED_HEADER] !== undefined };
}

/** What a relay sent and no operator sent again. */
function firstSent({ messages }: Tail): readonly Seen[] {
  return messages.filter(({ again }) => !again);
}

/** The positions of the first messages, until there are enough different ones. */
function telling(messages: readonly Seen[]): ReadonlySet<bigint> {
  const positions = new Set<bigint>();
  for (const { position } of messages) {
    if (positions.size === TELLING) break;
    positions.add(position);
  }
  return positions;
}

function highestOf({ topic, partition, messages }: Tail, again = 0n): PartitionPosition {
  const position = messages.reduce((most, one) => (one.position > most ? one.position : most), again);
  return { topic, partition, position };
}
