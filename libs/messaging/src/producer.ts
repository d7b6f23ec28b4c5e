import kafkajs, { type Producer } from 'kafkajs';
import type { KafkaHandle } from './kafka.ts';

/** A message with its place: topic and partition are explicit. */
export interface TopicMessage {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

/** A send was not acknowledged in time. It may still arrive: whoever reads must drop what it has seen. */
export class ProducerTimeoutError extends Error {
  override readonly name = 'ProducerTimeoutError';
}

/** Publishes batches in order, one at a time. */
export interface EventProducer {
  /**
   * Resolves when every message is acknowledged by all in-sync replicas; messages of one partition arrive in the order given.
   * One send at a time: a further call waits. Rejects with ProducerTimeoutError after timeoutMs, or with the broker's
   * error; then nothing is known of the batch, and after a repeat its messages may be in Kafka twice.
   */
  send(batch: readonly TopicMessage[], options: { readonly timeoutMs: number }): Promise<void>;
  close(): Promise<void>;
}

/** Connects an idempotent producer that waits for all in-sync replicas. A producer that fails is replaced by a new one. */
export async function createEventProducer(kafka: KafkaHandle): Promise<EventProducer> {
  let producer: Producer | undefined = await connect(kafka);
  let last: Promise<unknown> = Promise.resolve();

  async function sendNow(batch: readonly TopicMessage[], deadline: number): Promise<void> {
    producer ??= await withDeadline(connect(kafka), deadline);
    const current = producer;
    try {
      const topicMessages = byTopic(batch);
      await withDeadline(
        current.sendBatch({ topicMessages, acks: -1, compression: kafkajs.CompressionTypes.ZSTD }),
        deadline,
      );
    } catch (error) {
      // A producer whose sequence numbers are in doubt must not be used again.
      producer = undefined;
      void current.disconnect().catch(() => {});
      throw error;
    }
  }

  return {
    send(batch, { timeoutMs }) {
      if (batch.length === 0) return Promise.resolve();
      const deadline = performance.now() + timeoutMs;
      const turn = last.then(() => sendNow(batch, deadline));
      last = turn.catch(() => {});
      return turn;
    },
    async close() {
      await last;
      await producer?.disconnect();
      producer = undefined;
    },
  };
}

async function connect(kafka: KafkaHandle): Promise<Producer> {
  const producer = kafka.producer({
    // Every message names its partition; said, lest kafkajs warns of what its default used to be.
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: { retries: 8, initialRetryTime: 50, maxRetryTime: 2_000 },
  });
  await producer.connect();
  return producer;
}

function byTopic(batch: readonly TopicMessage[]) {
  const messages = Map.groupBy(batch, ({ topic }) => topic);
  return [...messages].map(([topic, list]) => ({
    topic,
    messages: list.map(({ partition, key, headers, value }) => ({
      partition,
      key,
      headers: { ...headers },
      value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    })),
  }));
}

function withDeadline<T>(work: Promise<T>, deadline: number): Promise<T> {
  const left = deadline - performance.now();
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new ProducerTimeoutError('Kafka did not acknowledge the batch in time')),
      Math.max(0, left),
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
