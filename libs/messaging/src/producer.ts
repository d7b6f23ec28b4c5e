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
 * A send was not acknowledged in time. Messages that had reached the network may still arrive; no other message does.
 * So readers must drop messages that they have seen.
 */
export class ProducerTimeoutError extends Error {
  override readonly name = 'ProducerTimeoutError';
}

/** Kafka accepts no batch of this size: `max.message.bytes` of its topic. Nothing of that batch was stored. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
}

/** Publishes batches in order, one at a time. */
export interface EventProducer {
  /**
   * Resolves when every message is acknowledged by all in-sync replicas. Messages of one partition arrive in the given
   * order. One send at a time: a further call waits. Rejects with ProducerTimeoutError after timeoutMs, or with the
   * error of the broker or the connection. Rejects at once when a topic is missing, or when a batch is too large for
   * its topic (MessageTooLargeError). After a rejection, the state of the batch is unknown, and nothing of the batch is
   * sent any more. After a repeat, its messages may be in Kafka twice.
   */
  send(batch: readonly TopicMessage[], options: { readonly timeoutMs: number }): Promise<void>;
  close(): Promise<void>;
}

/** What may be asked of a producer. */
export interface EventProducerOptions {
  /**
   * Called after each new connection, before anything is sent on it, to check that this is still the same Kafka. When
   * the check rejects, nothing is sent, and the send rejects with its error.
   */
  readonly onConnected?: () => Promise<void>;
}

interface Connected {
  readonly client: MortalClient;
  readonly producer: Producer;
}

/**
 * Connects an idempotent producer that waits for all in-sync replicas. A client that failed, or lost a connection, is
 * never used again: the next send opens a new one.
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
      // A producer whose sequence numbers are in doubt must not be used again, and must not retry in the background.
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

/** Connects within the deadline and runs the check; gives the client up when either fails. */
async function connect(
  kafka: KafkaHandle,
  onConnected: EventProducerOptions['onConnected'],
  deadline?: number,
): Promise<Connected> {
  const client = createMortalClient(kafka);
  const producer = client.kafka.producer({
    // Every message names its partition. This is set because kafkajs otherwise warns about a changed default.
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // No retries: kafkajs would also retry when a topic was missing, and by then the topic may be a different one.
    // The library demands at least one retry, by a comparison that NaN passes.
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
 * Repeats a send, under the same sequence numbers, while a broker is not ready. Ends when the client is given up or has
 * lost a connection.
 */
async function sendPatiently({ client, producer }: Connected, topicMessages: TopicMessages[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await producer.sendBatch({ topicMessages, acks: -1, compression: kafkajs.CompressionTypes.ZSTD });
      return;
    } catch (error) {
      if (client.isBroken() || !isNotReady(error)) throw error;
    }
    await pause(backoffMs(attempt, PAUSES));
  }
}

/** Whether a broker cannot accept a batch now but may soon: a leader that moves, replicas that are missing. */
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
