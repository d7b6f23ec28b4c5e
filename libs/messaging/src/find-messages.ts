import type { ReceivedMessage } from './consumer.ts';
import type { KafkaHandle } from './kafka.ts';
import { readRanges } from './read-ranges.ts';

/** Which messages of a partition to find. */
export interface FindOptions {
  readonly kafka: KafkaHandle;
  readonly topic: string;
  readonly partition: number;
  /**
   * No wanted message was written before this instant. Reading begins at the oldest existing message when that one is
   * younger.
   */
  readonly since: Date;
  isWanted(message: ReceivedMessage): boolean;
  /** How many messages to find; reading stops after that. */
  readonly count: number;
  readonly timeoutMs?: number;
}

/**
 * Finds messages of one partition. Reads the partition from an instant on, in order, until enough messages are found or
 * the partition ends. Rejects when that takes too long, or when the topic does not exist.
 */
export async function findMessages(options: FindOptions): Promise<readonly ReceivedMessage[]> {
  const { kafka, topic, partition, since, isWanted, count, timeoutMs = 30_000 } = options;
  const from = await offsetAt(kafka, topic, partition, since);
  const found: ReceivedMessage[] = [];
  await readRanges({
    kafka,
    ranges: [{ topic, partition, from }],
    signal: AbortSignal.timeout(timeoutMs),
    async onMessages(_topic, _partition, messages) {
      found.push(...messages.filter(isWanted));
      return found.length >= count ? 'enough' : 'more';
    },
  });
  return found.slice(0, count);
}

/** The offset of the first message written at or after an instant; the end of the partition when there is none. */
async function offsetAt(kafka: KafkaHandle, topic: string, partition: number, at: Date): Promise<bigint> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, at.getTime());
    return BigInt(offsets.find((entry) => entry.partition === partition)?.offset ?? '0');
  } finally {
    await admin.disconnect();
  }
}
