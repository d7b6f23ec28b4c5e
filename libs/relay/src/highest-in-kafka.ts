import { CONTEXTS, fromMessage, REPUBLISHED_HEADER, topicOf } from '@meridian/contracts';
import { readTails, type KafkaHandle, type PartitionTail } from '@meridian/messaging';

/** The highest position in one partition of a topic. */
export interface PartitionPosition {
  readonly topic: string;
  readonly partition: number;
  readonly position: bigint;
}

const FIRST_TAIL = 200;

/**
 * The highest position in every partition that Kafka holds events in. Reads the newest messages only, and more of a partition
 * in which all of those had been sent again: these say nothing of how far it is. Throws MalformedEventError for a message
 * that is none of ours.
 */
export async function highestInKafka(
  kafka: KafkaHandle,
  topicPrefix: string,
): Promise<readonly PartitionPosition[]> {
  let topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  const found = new Map<string, PartitionPosition>();
  for (let count = FIRST_TAIL; topics.length > 0; count *= 10) {
    const tails = await readTails({ kafka, topics, count });
    const open = tails.filter((tail) => !tail.whole && tail.messages.every(isRepublished));
    for (const tail of tails) found.set(`${tail.topic}/${tail.partition}`, highestOf(tail));
    topics = topics.filter((topic) => open.some((tail) => tail.topic === topic));
  }
  return [...found.values()];
}

function isRepublished({ headers }: PartitionTail['messages'][number]): boolean {
  return headers[REPUBLISHED_HEADER] !== undefined;
}

function highestOf({ topic, partition, messages }: PartitionTail): PartitionPosition {
  let position = 0n;
  for (const { headers, value } of messages) {
    const event = fromMessage({ partition, headers, value });
    if (event.position > position) position = event.position;
  }
  return { topic, partition, position };
}
