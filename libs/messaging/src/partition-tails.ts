import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import type { ReceivedMessage } from './consumer.ts';
import type { KafkaHandle } from './kafka.ts';
import { onceKnown } from './once-known.ts';

/** The newest messages of a partition, in order. */
export interface PartitionTail {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly ReceivedMessage[];
  /** The partition holds no older messages than these. */
  readonly whole: boolean;
}

/** Which tails to read. */
export interface TailOptions {
  readonly kafka: KafkaHandle;
  /** Those that do not exist are passed over. */
  readonly topics: readonly string[];
  /** Messages a partition at most. */
  readonly count: number;
  /** Keeps no values: a look at many messages then holds little, however large they are. */
  readonly headersOnly?: boolean;
  readonly timeoutMs?: number;
}

interface Wanted {
  readonly topic: string;
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly whole: boolean;
  readonly messages: ReceivedMessage[];
  complete: boolean;
}

const keyOf = (topic: string, partition: number) => `${topic}/${partition}`;

/**
 * Reads the newest messages of every partition that holds any, as it is when this is called, and commits nothing. Rejects when
 * Kafka does not give them in time.
 */
export async function readTails(options: TailOptions): Promise<readonly PartitionTail[]> {
  const { kafka, timeoutMs = 60_000 } = options;
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `tails.${randomUUID()}`;
  try {
    const existing = new Set(await admin.listTopics());
    const wanted: Wanted[] = [];
    for (const topic of options.topics.filter((name) => existing.has(name))) {
      for (const { partition, low, high } of await onceKnown(() => admin.fetchTopicOffsets(topic)))
        wanted.push(...wantedOf(topic, partition, BigInt(low), BigInt(high), BigInt(options.count)));
    }
    if (wanted.length === 0) return [];
    await consume(kafka.consumer({ groupId, maxWaitTimeInMs: 100 }), wanted, { ...options, timeoutMs });
    await admin.deleteGroups([groupId]);
    return wanted.map(({ topic, partition, messages, whole }) => ({ topic, partition, messages, whole }));
  } finally {
    await admin.disconnect();
  }
}

function wantedOf(topic: string, partition: number, low: bigint, high: bigint, count: bigint): Wanted[] {
  if (high <= low) return [];
  const start = high - count > low ? high - count : low;
  return [{ topic, partition, start, end: high, whole: start === low, messages: [], complete: false }];
}

async function consume(
  consumer: Consumer,
  wanted: readonly Wanted[],
  { timeoutMs, headersOnly = false }: { readonly timeoutMs: number; readonly headersOnly?: boolean },
): Promise<void> {
  const byKey = new Map(wanted.map((one) => [keyOf(one.topic, one.partition), one]));
  const all = Promise.withResolvers<void>();
  // It may fail before it is waited for.
  all.promise.catch(() => undefined);
  const timer = setTimeout(
    () => all.reject(new Error(`Kafka did not give the newest messages within ${timeoutMs} ms`)),
    timeoutMs,
  );
  // A coordinator that is still loading, as in a Kafka that has just started, is joined again; what was sought is then forgotten.
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) all.reject(error);
  });
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const { topic, partition, start } of wanted)
      consumer.seek({ topic, partition, offset: start.toString() });
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set(wanted.map(({ topic }) => topic))], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        const one = byKey.get(keyOf(batch.topic, batch.partition));
        if (one && !one.complete) {
          take(one, batch.messages, headersOnly);
          if (wanted.every(({ complete }) => complete)) all.resolve();
        }
        return Promise.resolve();
      },
    });
    await all.promise;
  } finally {
    clearTimeout(timer);
    await consumer.stop();
    await consumer.disconnect();
  }
}

function take(
  one: Wanted,
  messages: readonly Omit<ReceivedMessage, 'headers'>[],
  headersOnly: boolean,
): void {
  for (const message of messages) {
    const offset = BigInt(message.offset);
    const last = one.messages.at(-1);
    // A fetch that was under way before the seek may bring older ones, and some of these twice.
    if (offset < one.start || offset >= one.end || (last && offset <= BigInt(last.offset))) continue;
    one.messages.push({ headers: {}, ...message, ...(headersOnly ? { value: null } : {}) });
    if (offset === one.end - 1n) one.complete = true;
  }
}
