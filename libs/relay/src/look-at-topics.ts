import { CONTEXTS, fromMessage, isForeignTo, journalIdOf, topicOf } from '@meridian/contracts';
import { mapTails, type KafkaHandle, type ReceivedMessage } from '@meridian/messaging';

/** Where an event of another journal lies. */
export interface ForeignEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** The journal that it names; undefined when it names none and has a position that no journal gives. */
  readonly journalId: string | undefined;
}

/** What the newest messages of the topics of events say. */
export interface SeenInTopics {
  /** The highest position of this journal's events among them; 0n when there is none. */
  readonly highest: bigint;
  /** The same for each partition that holds messages. */
  readonly highestByPartition: readonly bigint[];
  /** One event of another journal among them, if there is any. */
  readonly foreign: ForeignEvent | undefined;
}

/** Messages a partition: enough for a look at what was written last, and little to read. */
const NEWEST = 10;
const NO_VALUE = Buffer.alloc(0);
const TIMEOUT_MS = 20_000;

/**
 * Looks at the newest messages of every partition. They are enough to see that the database has lost what Kafka has, or
 * that another system writes to these topics. It does not say what the highest position in Kafka is: `highestInKafka`
 * does. What cannot be read says nothing here. Rejects when Kafka does not answer in time.
 */
export async function lookAtTopics({
  kafka,
  topicPrefix,
  journalId,
}: {
  readonly kafka: KafkaHandle;
  readonly topicPrefix: string;
  readonly journalId: string;
}): Promise<SeenInTopics> {
  const topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  const tails = await mapTails({ kafka, topics, count: NEWEST, timeoutMs: TIMEOUT_MS }, (message) => ({
    offset: message.offset,
    named: journalIdOf(message.headers),
    position: positionOf(message),
  }));
  const highestByPartition: bigint[] = [];
  let foreign: ForeignEvent | undefined;
  for (const { topic, partition, messages } of tails) {
    let highest = 0n;
    for (const { offset, named, position } of messages) {
      if (isForeignTo(journalId, { position, ...(named ? { journalId: named } : {}) }))
        foreign ??= { topic, partition, offset, journalId: named };
      else if (position > highest) highest = position;
    }
    highestByPartition.push(highest);
  }
  const highest = highestByPartition.reduce((most, one) => (one > most ? one : most), 0n);
  return { highest, highestByPartition, foreign };
}

function positionOf({ headers }: ReceivedMessage): bigint {
  try {
    return fromMessage({ partition: 0, headers, value: NO_VALUE }).position;
  } catch {
    return 0n;
  }
}
