import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, createMutex, within } from '@meridian/async';
import kafkajs, { type Producer, type TopicMessages } from 'kafkajs';
import type { KafkaHandle } from './kafka.ts';
import { createMortalClient, type MortalClient } from './mortal-client.ts';

/** A message with its place: topic and partition are explicit. */
export interface TopicMessage {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

/**
 * A send was not acknowledged in time. What had reached the network may still arrive, and nothing else does: whoever reads must
 * drop what it has seen.
 */
export class ProducerTimeoutError extends Error {
  override readonly name = 'ProducerTimeoutError';
}

/** Kafka takes no batch as large as one of these: `max.message.bytes` of its topic. Nothing of that batch is there. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
}

/** Publishes batches in order, one at a time. */
export interface EventProducer {
  /**
   * Resolves when every message is acknowledged by all in-sync replicas; messages of one partition arrive in the order given.
   * One send at a time: a further call waits. Rejects with ProducerTimeoutError after timeoutMs, or with the error of the
   * broker or the connection, and at once when a topic is not there or a batch is too large for it (MessageTooLargeError); then nothing is known of the batch, nothing of it is sent
   * any more, and after a repeat its messages may be in Kafka twice.
   */
  send(batch: readonly TopicMessage[], options: { readonly timeoutMs: number }): Promise<void>;
  close(): Promise<void>;
}

/** What may be asked of a producer. */
export interface EventProducerOptions {
  /**
   * Run each time a connection was made and before anything is sent on it: whether this is still the Kafka that it was. When it
   * rejects, nothing is sent, and the send rejects with its error.
   */
  readonly onConnected?: () => Promise<void>;
}

interface Connected {
  readonly client: MortalClient;
  readonly producer: Producer;
}

/**
 * Connects an idempotent producer that waits for all in-sync replicas. One that failed, or lost a connection, is never used
 * again: the next send connects anew.
 */
export async function createEventProducer(
  kafka: KafkaHandle,
  { onConnected }: EventProducerOptions = {},
): Promise<EventProducer> {
  let current: Connected | undefined = await connect(kafka, onConnected);
  const alone = createMutex();

  async function connected(deadline: number): Promise<Connected> {
    if (current && !current.client.isBroken()) return current;
    current?.client.giveUp();
    current = undefined;
    current = await connect(kafka, onConnected, deadline);
    return current;
  }

  async function sendNow(batch: readonly TopicMessage[], deadline: number): Promise<void> {
    if (deadline <= performance.now()) throw tooLate();
    const now = await connected(deadline);
    try {
      await withDeadline(sendPatiently(now, byTopic(batch)), deadline);
    } catch (error) {
      // A producer whose sequence numbers are in doubt must not be used again, nor go on by itself.
      now.client.giveUp();
      current = undefined;
      if (!isTooLarge(error)) throw error;
      throw new MessageTooLargeError('a batch is larger than max.message.bytes of its topic', {
        cause: error,
      });
    }
  }

  return {
    send(batch, { timeoutMs }) {
      if (batch.length === 0) return Promise.resolve();
      const deadline = performance.now() + timeoutMs;
      return alone(() => sendNow(batch, deadline));
    },
    close: () =>
      alone(async () => {
        await current?.producer.disconnect();
        current = undefined;
      }),
  };
}

/** Connects within the deadline and checks what it has found; gives the client up when either fails. */
async function connect(
  kafka: KafkaHandle,
  onConnected: EventProducerOptions['onConnected'],
  deadline?: number,
): Promise<Connected> {
  const client = createMortalClient(kafka);
  const producer = client.kafka.producer({
    // Every message names its partition; said, lest kafkajs warns of what its default used to be.
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // None: kafkajs would also try again when a topic was missing, and it may be another one then. It asks for one at least, by
    // a comparison that this passes.
    retry: { retries: Number.NaN },
  });
  const ready = async () => {
    await producer.connect();
    await onConnected?.();
  };
  try {
    await (deadline === undefined ? ready() : withDeadline(ready(), deadline));
    return { client, producer };
  } catch (error) {
    client.giveUp();
    throw error;
  }
}

const PAUSES = { firstMs: 50, longestMs: 1_000 };

/**
 * Tries again, under the same sequence numbers, while a broker says that it is not ready for it; until the client is given up
 * or has lost a connection.
 */
async function sendPatiently({ client, producer }: Connected, topicMessages: TopicMessages[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await producer.sendBatch({ topicMessages, acks: -1, compression: compressionOf(topicMessages) });
      return;
    } catch (error) {
      if (client.isBroken() || !isNotReady(error)) throw error;
    }
    await pause(backoffMs(attempt, PAUSES));
  }
}

/** Where no partition gets as much, packing costs every reader more than it saves: some 5 % of what each does at a low rate. */
const WORTH_PACKING_BYTES = 4_096;
/** What a message's key and headers come to, about. */
const BYTES_AROUND_VALUE = 350;

/** One for all batches of a send, which are one a topic and partition. */
export function compressionOf(topicMessages: readonly TopicMessages[]): kafkajs.CompressionTypes {
  const { None, ZSTD } = kafkajs.CompressionTypes;
  for (const { messages } of topicMessages) {
    const bytes = new Map<number | undefined, number>();
    for (const { partition, value } of messages) {
      const sum = (bytes.get(partition) ?? 0) + BYTES_AROUND_VALUE + (value?.length ?? 0);
      if (sum >= WORTH_PACKING_BYTES) return ZSTD;
      bytes.set(partition, sum);
    }
  }
  return None;
}

/** Whether a broker cannot take a batch now and may soon: a leader that moves, replicas that are missing. */
function isNotReady(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (
    cause instanceof kafkajs.KafkaJSProtocolError &&
    cause.retriable &&
    cause.type !== 'UNKNOWN_TOPIC_OR_PARTITION'
  );
}

function isTooLarge(error: unknown): boolean {
  const causes = [error, error instanceof Error ? error.cause : undefined];
  return causes.some(
    (cause) =>
      cause instanceof kafkajs.KafkaJSProtocolError &&
      ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'].includes(cause.type),
  );
}

function byTopic(batch: readonly TopicMessage[]): TopicMessages[] {
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

const tooLate = () => new ProducerTimeoutError('Kafka did not acknowledge the batch in time');

function withDeadline<T>(work: Promise<T>, deadline: number): Promise<T> {
  return within(Math.max(0, deadline - performance.now()), work, tooLate);
}
