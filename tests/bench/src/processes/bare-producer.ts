import { toMessage, topicOf, type EventEnvelope } from '@meridian/contracts';
import type { KafkaHandle } from '@meridian/messaging';
import kafkajs from 'kafkajs';

/** The table that holds how far a bare loop has published; one row, of id 1. */
export const RAW_CURSOR =
  'CREATE TABLE IF NOT EXISTS raw_cursor (id INT PRIMARY KEY, position BIGINT NOT NULL)';

/** What a bare loop publishes by. */
export interface BareProducer {
  /** Resolves when all in-sync replicas have the events, each in its context's topic. */
  send(events: readonly EventEnvelope[]): Promise<void>;
  close(): Promise<void>;
}

/** Connects kafkajs' own producer, as a bare loop uses it: idempotent, one request at a time, compressed. */
export async function connectBareProducer(kafka: KafkaHandle, topicPrefix: string): Promise<BareProducer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  return {
    async send(events) {
      await producer.sendBatch({
        topicMessages: byTopic(events, topicPrefix),
        acks: -1,
        compression: kafkajs.CompressionTypes.ZSTD,
      });
    },
    close: () => producer.disconnect(),
  };
}

function byTopic(events: readonly EventEnvelope[], topicPrefix: string) {
  return [...Map.groupBy(events, ({ context }) => topicOf(context, topicPrefix))].map(([topic, list]) => ({
    topic,
    messages: list.map((event) => {
      const { key, partition, headers, value } = toMessage(event);
      return { key, partition, headers: { ...headers }, value: Buffer.from(value) };
    }),
  }));
}
