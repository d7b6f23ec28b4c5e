import { randomBytes } from 'node:crypto';
import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
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
import { dropKeyspacesWith, giveBackKeyspace, takeKeyspace } from './test-keyspaces.ts';

/** An empty keyspace, a topic and a session in each region, for one test. */
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
  /** Makes Kafka drop all its messages, as retention would. */
  forgetMessages(): Promise<void>;
  /** Makes the topic anew, as an operator does after Kafka was lost. */
  emptyTopic(): Promise<void>;
  /** Another keyspace for the same test. It stands for a region that shares nothing with the first one. */
  secondKeyspace(): Promise<string>;
  /** Gives the emptied keyspaces back, and drops the rest. To be called once everything that uses them has stopped. */
  close(): Promise<void>;
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: integration tests need real engines, run \`npm test\``);
  return value;
}

const connectTo = (region: 'eu-west' | 'us-east'): Promise<CassandraSession> =>
  connectCassandra({
    contactPoints: [fromEnvironment(`MERIDIAN_CASSANDRA_${region.toUpperCase().replace('-', '_')}`)],
    localDataCenter: region,
  });

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
  const topicPrefix = `projection-${suffix}`;
  const regions = ['eu-west', 'us-east'];
  const [home, remote] = await Promise.all([connectTo('eu-west'), connectTo('us-east')]);
  dropKeyspacesWith(() => connectTo('eu-west'));
  const keyspaces = [await takeKeyspace(home)];
  const [keyspace = ''] = keyspaces;
  const brokers = fromEnvironment('MERIDIAN_KAFKA_BROKERS').split(',');
  const kafka = connectKafka({ brokers, clientId: 'projection-test' });
  const topic = topicOf('inventory', topicPrefix);
  await ensureTopics(kafka, [topic], SHARD_COUNT);
  let producer: EventProducer = await createEventProducer(kafka);
  return {
    kafka,
    topicPrefix,
    keyspace,
    regions,
    home,
    remote,
    async secondKeyspace() {
      const name = await takeKeyspace(home);
      keyspaces.push(name);
      return name;
    },
    async publish(events) {
      const messages = events.map((event) => ({ topic, ...toMessage(event) }));
      // The leaders of a new topic may not know the topic yet.
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
      for (const name of keyspaces) await giveBackKeyspace(home, name);
      await Promise.all([home.close(), remote.close()]);
    },
  };
}
