import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import type { ReceivedMessage } from './consumer.ts';
import type { KafkaHandle } from './kafka.ts';
import { onceKnown } from './once-known.ts';

/** The newest messages of a partition, in order, or what `keep` made of each. */
export interface PartitionTail<Kept = ReceivedMessage> {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly Kept[];
  /** The partition holds no older messages than these. */
  readonly whole: boolean;
}

/** Which tails to read. */
export interface TailOptions {
  readonly kafka: KafkaHandle;
  /** Topics that do not exist are skipped. */
  readonly topics: readonly string[];
  /** Messages per partition, at most. */
  readonly count: number;
  /** How long to wait for the next messages. */
  readonly timeoutMs?: number;
}

interface Wanted<Kept> {
  readonly topic: string;
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly whole: boolean;
  readonly messages: Kept[];
  /** The next offset. */
  next: bigint;
  complete: boolean;
}

const keyOf = (topic: string, partition: number) => `${topic}/${partition}`;

/**
 * Reads the newest messages of every partition that holds any, up to its end at the time of the call. Commits nothing.
 * Rejects when Kafka delivers nothing more for `timeoutMs`; a minute when left out. All messages are in memory at once, whatever their size: `mapTails`
 * keeps less.
 */
export const readTails = (options: TailOptions): Promise<readonly PartitionTail[]> =>
  mapTails(options, (message) => message);

/**
 * As `readTails`, but of every message only the result of `keep` stays in memory, and nothing where that is undefined. A result that refers to a message's
 * buffer keeps the whole batch of that message in memory. Rejects with the error that `keep` throws.
 */
export async function mapTails<Kept>(
  options: TailOptions,
  keep: (message: ReceivedMessage, partition: number, topic: string) => Kept | undefined,
): Promise<readonly PartitionTail<Kept>[]> {
  const { kafka, timeoutMs = 60_000 } = options;
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `tails.${randomUUID()}`;
  try {
    const existing = new Set(await admin.listTopics());
    const wanted: Wanted<Kept>[] = [];
    for (const topic of options.topics.filter((name) => existing.has(name))) {
      for (const { partition, low, high } of await onceKnown(() => admin.fetchTopicOffsets(topic)))
        wanted.push(...wantedOf<Kept>(topic, partition, BigInt(low), BigInt(high), BigInt(options.count)));
    }
    if (wanted.length === 0) return [];
    await consume(kafka.consumer({ groupId, maxWaitTimeInMs: 100 }), wanted, keep, timeoutMs);
    await admin.deleteGroups([groupId]);
    return wanted.map(({ topic, partition, messages, whole }) => ({ topic, partition, messages, whole }));
  } finally {
    await admin.disconnect();
  }
}

function wantedOf<Kept>(
  topic: string,
  partition: number,
  low: bigint,
  high: bigint,
  count: bigint,
): Wanted<Kept>[] {
  if (high <= low) return [];
  const start = high - count > low ? high - count : low;
  return [
    { topic, partition, start, end: high, whole: start === low, messages: [], next: start, complete: false },
  ];
}

async function consume<Kept>(
  consumer: Consumer,
  wanted: readonly Wanted<Kept>[],
  keep: (message: ReceivedMessage, partition: number, topic: string) => Kept | undefined,
  timeoutMs: number,
): Promise<void> {
  const byKey = new Map(wanted.map((one) => [keyOf(one.topic, one.partition), one]));
  const all = Promise.withResolvers<void>();
  // This promise may reject before anyone waits for it.
  all.promise.catch(() => undefined);
  const timer = setTimeout(
    () => all.reject(new Error(`Kafka did not give the newest messages: none came for ${timeoutMs} ms`)),
    timeoutMs,
  );
  // A coordinator that is still loading, as in a Kafka that has just started, makes the consumer join again. Then
  // kafkajs forgets the seeks.
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
          // Partitions may hold any number of messages.
          timer.refresh();
          try {
            take(one, batch.messages, keep);
            if (wanted.every(({ complete }) => complete)) all.resolve();
          } catch (error) {
            all.reject(error);
          }
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

function take<Kept>(
  one: Wanted<Kept>,
  messages: readonly Omit<ReceivedMessage, 'headers'>[],
  keep: (message: ReceivedMessage, partition: number, topic: string) => Kept | undefined,
): void {
  for (const message of messages) {
    const offset = BigInt(message.offset);
    // A fetch that was under way before the seek may bring older messages, and some of these twice.
    if (offset < one.next || offset >= one.end) continue;
    // What is not kept is not even noted.
    const kept = keep({ headers: {}, ...message }, one.partition, one.topic);
    if (kept !== undefined) one.messages.push(kept);
    one.next = offset + 1n;
    if (offset === one.end - 1n) one.complete = true;
  }
}
