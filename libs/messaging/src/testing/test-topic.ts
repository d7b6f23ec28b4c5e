import { randomBytes } from 'node:crypto';
import { connectKafka, type KafkaHandle } from '../kafka.ts';
import type { TopicMessage } from '../producer.ts';
import { deleteTopics, ensureTopics } from '../topics.ts';

/** A topic of one test, on the Kafka of the environment. */
export interface TestTopic {
  readonly kafka: KafkaHandle;
  readonly topic: string;
  /** A group id that no other test uses. */
  groupId(): string;
  /** Messages `first` to `last` of a partition; the number is key and value. */
  messages(partition: number, first: number, last: number): readonly TopicMessage[];
  /** Removes the topic. */
  drop(): Promise<void>;
}

/** The Kafka of the environment. Throws when there is none: an integration test must not pass without Kafka. */
export function testKafka(): KafkaHandle {
  const brokers = process.env['MERIDIAN_KAFKA_BROKERS'];
  if (!brokers)
    throw new Error('MERIDIAN_KAFKA_BROKERS is not set: integration tests need real engines, run `npm test`');
  return connectKafka({ brokers: brokers.split(','), clientId: 'messaging-test' });
}

/** A name that no other test uses. */
export const testName = () => `messaging-test-${randomBytes(5).toString('hex')}`;

/** Creates a topic of which the test is the only user. */
export async function createTestTopic(partitions: number): Promise<TestTopic> {
  const kafka = testKafka();
  const topic = testName();
  await ensureTopics(kafka, [topic], partitions);
  return {
    kafka,
    topic,
    groupId: testName,
    messages: (partition, first, last) =>
      Array.from({ length: last - first + 1 }, (_, index) => {
        const text = String(first + index);
        return { topic, partition, key: text, headers: { number: text }, value: Buffer.from(text) };
      }),
    drop: () => deleteTopics(kafka, [topic]),
  };
}
