import { randomBytes } from 'node:crypto';
import { connectCassandra, dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { toMessage, topicOf, type EventEnvelope } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import {
  connectKafka,
  createEventProducer,
  deleteTopics,
  ensureTopics,
  type EventProducer,
  type KafkaHandle,
} from '@meridian/messaging';
import { expect } from 'vitest';

/** A keyspace, a topic and a session in each region, for one test. */
export interface TestEngines {
  readonly kafka: KafkaHandle;
  readonly topicPrefix: string;
  readonly keyspace: string;
  readonly regions: readonly string[];
  /** A session in the home region. */
  readonly home: CassandraSession;
  readonly remote: CassandraSession;
  /** Publishes events in the order given. */
  publish(events: readonly EventEnvelope[]): Promise<void>;
  /** Has Kafka drop all messages that it holds, as retention would. */
  forgetMessages(): Promise<void>;
  /** Makes the topic anew, as an operator would who lost Kafka. */
  emptyTopic(): Promise<void>;
  /** Drops everything. */
  close(): Promise<void>;
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: integration tests need real engines, run \`npm test\``);
  return value;
}

async function isThere(kafka: KafkaHandle, topic: string): Promise<boolean> {
  const admin = kafka.admin();
  await admin.connect();
  const topics = await admin.listTopics();
  await admin.disconnect();
  return topics.includes(topic);
}

const PUBLISH_TRIES = 20;

/** Makes a keyspace and a topic of the inventory on the engines of the environment. */
export async function openTestEngines(): Promise<TestEngines> {
  const suffix = randomBytes(5).toString('hex');
  const keyspace = `projection_${suffix}`;
  const topicPrefix = `projection-${suffix}`;
  const regions = ['eu-west', 'us-east'];
  const [home, remote] = await Promise.all([
    connectCassandra({
      contactPoints: [fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST')],
      localDataCenter: 'eu-west',
    }),
    connectCassandra({
      contactPoints: [fromEnvironment('MERIDIAN_CASSANDRA_US_EAST')],
      localDataCenter: 'us-east',
    }),
  ]);
  await ensureKeyspace(home, keyspace, { 'eu-west': 1, 'us-east': 1 });
  const brokers = fromEnvironment('MERIDIAN_KAFKA_BROKERS').split(',');
  const kafka = connectKafka({ brokers, clientId: 'projection-test' });
  const topic = topicOf('inventory', topicPrefix);
  await ensureTopics(kafka, [topic], SHARD_COUNT);
  let producer: EventProducer = await createEventProducer(kafka);
  return {
    ...{ kafka, topicPrefix, keyspace, regions, home, remote },
    async publish(events) {
      const messages = events.map((event) => ({ topic, ...toMessage(event) }));
      // A topic that was made a moment ago has leaders that do not know it yet.
      for (let tries = 1; ; tries++) {
        try {
          return await producer.send(messages, { timeoutMs: 20_000 });
        } catch (error) {
          if (tries === PUBLISH_TRIES) throw error;
        }
      }
    },
    async forgetMessages() {
      const admin = kafka.admin();
      await admin.connect();
      const offsets = await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({
        topic,
        partitions: offsets.map(({ partition, high }) => ({ partition, offset: high })),
      });
      await admin.disconnect();
    },
    async emptyTopic() {
      await producer.close();
      await deleteTopics(kafka, [topic]);
      await expect.poll(() => isThere(kafka, topic), { timeout: 20_000 }).toBe(false);
      await ensureTopics(kafka, [topic], SHARD_COUNT);
      producer = await createEventProducer(kafka);
    },
    async close() {
      await producer.close();
      await deleteTopics(kafka, [topic]);
      await dropKeyspace(home, keyspace);
      await Promise.all([home.close(), remote.close()]);
    },
  };
}
