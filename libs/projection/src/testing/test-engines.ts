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
  /** Drops everything. */
  close(): Promise<void>;
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: integration tests need real engines, run \`npm test\``);
  return value;
}

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
  const producer: EventProducer = await createEventProducer(kafka);
  return {
    ...{ kafka, topicPrefix, keyspace, regions, home, remote },
    publish: (events) =>
      producer.send(
        events.map((event) => ({ topic, ...toMessage(event) })),
        { timeoutMs: 20_000 },
      ),
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
    async close() {
      await producer.close();
      await deleteTopics(kafka, [topic]);
      await dropKeyspace(home, keyspace);
      await Promise.all([home.close(), remote.close()]);
    },
  };
}
