import {
  CONTEXTS,
  fromMessage,
  isForeignTo,
  journalIdOf,
  REPUBLISHED_HEADER,
  topicOf,
  type EventEnvelope,
} from '@meridian/contracts';
import { readTails, type KafkaHandle, type PartitionTail } from '@meridian/messaging';

/** The highest position in one partition of a topic. */
export interface PartitionPosition {
  readonly topic: string;
  readonly partition: number;
  readonly position: bigint;
}

type Message = PartitionTail['messages'][number];

const FIRST_TAIL = 4_000;

/**
 * Two full batches of the relay. Positions rise in a partition once duplicates are dropped, but a batch that an owner had on
 * its way when it was given up may land behind newer ones: one batch says nothing of how far a partition is.
 */
const TELLING = 2_000;

/**
 * The highest position in every partition that Kafka holds events in. Reads the newest messages only, but several batches of
 * them, and more of a partition in which these had been sent again: they say nothing of how far it is. Throws
 * MalformedEventError for a message that is none of ours. With an id, the events of another journal do not count.
 */
export async function highestInKafka(
  kafka: KafkaHandle,
  topicPrefix: string,
  journalId?: string,
): Promise<readonly PartitionPosition[]> {
  const where = { kafka, topicPrefix, journalId };
  const tails = await tailsUntil(where, (tail) => firstSent(tail).length >= TELLING);
  return tails.map(highestOf);
}

/**
 * Every event that Kafka still holds above a position, in order and once: what a restored database has lost. They are held in
 * memory all at once. With an id, the events of another journal are left out.
 */
export async function eventsInKafkaAbove(
  kafka: KafkaHandle,
  topicPrefix: string,
  position: bigint,
  journalId?: string,
): Promise<readonly EventEnvelope[]> {
  // All of two batches at or below it: at least one of these came in its turn, and so what is older is below it too.
  const reachesDown = (tail: PartitionTail) => {
    const oldest = firstSent(tail).slice(0, TELLING);
    return oldest.length === TELLING && oldest.every((message) => positionIn(tail, message) <= position);
  };
  const tails = await tailsUntil({ kafka, topicPrefix, journalId }, reachesDown);
  const events = tails.flatMap(({ partition, messages }) =>
    messages.map(({ headers, value }) => fromMessage({ partition, headers, value })),
  );
  const above = events.filter((event) => event.position > position);
  const once = new Map(above.map((event) => [event.position, event]));
  return [...once.values()].sort((a, b) => (a.position < b.position ? -1 : 1));
}

interface Where {
  readonly kafka: KafkaHandle;
  readonly topicPrefix: string;
  readonly journalId: string | undefined;
}

function isOurs(journalId: string | undefined): (message: Message) => boolean {
  return ({ headers, value }) => {
    const named = journalIdOf(headers);
    if (named !== undefined && isForeignTo(journalId, { position: 0n, journalId: named })) return false;
    return !isForeignTo(journalId, fromMessage({ partition: 0, headers, value }));
  };
}

/** Reads ever longer tails of the partitions until each is enough, or whole. */
async function tailsUntil(
  { kafka, topicPrefix, journalId }: Where,
  isEnough: (tail: PartitionTail) => boolean,
): Promise<readonly PartitionTail[]> {
  let topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  const found = new Map<string, PartitionTail>();
  for (let count = FIRST_TAIL; topics.length > 0; count *= 4) {
    const read = await readTails({ kafka, topics, count });
    const tails = read.map((tail) => ({ ...tail, messages: tail.messages.filter(isOurs(journalId)) }));
    const open = tails.filter((tail) => !tail.whole && !isEnough(tail));
    for (const tail of tails) found.set(`${tail.topic}/${tail.partition}`, tail);
    topics = topics.filter((topic) => open.some((tail) => tail.topic === topic));
  }
  return [...found.values()];
}

function positionIn({ partition }: PartitionTail, { headers, value }: Message): bigint {
  return fromMessage({ partition, headers, value }).position;
}

/** What a relay sent and no operator sent again. */
function firstSent({ messages }: PartitionTail): readonly Message[] {
  return messages.filter(({ headers }) => headers[REPUBLISHED_HEADER] === undefined);
}

function highestOf(tail: PartitionTail): PartitionPosition {
  const { topic, partition, messages } = tail;
  const positions = messages.map((message) => positionIn(tail, message));
  const position = positions.reduce((most, one) => (one > most ? one : most), 0n);
  return { topic, partition, position };
}
