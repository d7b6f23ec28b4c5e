import { randomUUID } from 'node:crypto';
import { CONTEXTS, toMessage, topicOf, type EventEnvelope } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, createEventProducer, deleteTopics, ensureTopics } from '@meridian/messaging';
import { fromEnvironment } from './test-store.ts';

/** Topics of a test's own, on the Kafka that the environment names. */
export interface TestTopics {
  readonly brokers: readonly string[];
  readonly prefix: string;
  /** What tells a service of these topics. */
  readonly environment: { readonly MERIDIAN_KAFKA_BROKERS: string; readonly MERIDIAN_TOPIC_PREFIX: string };
  /** Resolves when Kafka has the events. */
  publish(...events: readonly EventEnvelope[]): Promise<void>;
  /** Deletes the topics. */
  close(): Promise<void>;
}

/** Makes a topic for each context. Their names begin with `name`. */
export async function openTestTopics(name: string): Promise<TestTopics> {
  const addresses = fromEnvironment('MERIDIAN_KAFKA_BROKERS');
  const brokers = addresses.split(',');
  const prefix = `${name}-${randomUUID().slice(0, 8)}`;
  const topics = CONTEXTS.map((context) => topicOf(context, prefix));
  const kafka = connectKafka({ brokers, clientId: prefix });
  await ensureTopics(kafka, topics, SHARD_COUNT);
  const producer = await createEventProducer(kafka);
  return {
    brokers,
    prefix,
    environment: { MERIDIAN_KAFKA_BROKERS: addresses, MERIDIAN_TOPIC_PREFIX: prefix },
    async publish(...events) {
      const batch = events.map((event) => ({ topic: topicOf(event.context, prefix), ...toMessage(event) }));
      await producer.send(batch, { timeoutMs: 20_000 });
    },
    async close() {
      await producer.close();
      await deleteTopics(kafka, topics);
    },
  };
}
