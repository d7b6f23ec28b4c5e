import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import type { ReceivedMessage } from './consumer.ts';
import type { KafkaHandle } from './kafka.ts';

/** Where to begin reading a partition. */
export interface RangeStart {
  readonly topic: string;
  readonly partition: number;
  /** The first wanted offset; the oldest existing offset when it is left out or no longer exists. */
  readonly from?: bigint | undefined;
}

/** What to read, and what to call with it. */
export interface RangeOptions {
  readonly kafka: KafkaHandle;
  readonly ranges: readonly RangeStart[];
  /**
   * Called with the messages of a partition in order, piece by piece, each message once. The next piece waits until
   * this resolves.
   */
  onMessages(topic: string, partition: number, messages: readonly ReceivedMessage[]): Promise<void>;
  /** Ends the reading, which rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

interface Range {
  readonly topic: string;
  readonly partition: number;
  next: bigint;
  readonly end: bigint;
}

const keyOf = (topic: string, partition: number) => `${topic}/${partition}`;

/**
 * Reads partitions from their given start to their current end, outside of all groups: nothing is committed, and no
 * group is disturbed. Resolves when everything is read. Rejects with the error of onMessages.
 */
export async function readRanges(options: RangeOptions): Promise<void> {
  const { kafka, ranges } = options;
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `ranges.${randomUUID()}`;
  try {
    const wanted: Range[] = [];
    for (const topic of new Set(ranges.map((range) => range.topic))) {
      const offsets = await admin.fetchTopicOffsets(topic);
      for (const { partition, low, high } of offsets) {
        const range = ranges.find((one) => one.topic === topic && one.partition === partition);
        const [oldest, end] = [BigInt(low), BigInt(high)];
        if (!range || oldest >= end) continue;
        const from = range.from ?? oldest;
        wanted.push({ topic, partition, end, next: from >= oldest && from < end ? from : oldest });
      }
    }
    if (wanted.length === 0) return;
    await consume(kafka.consumer({ groupId, maxWaitTimeInMs: 100 }), wanted, options);
    await admin.deleteGroups([groupId]);
  } finally {
    await admin.disconnect();
  }
}

async function consume(consumer: Consumer, wanted: readonly Range[], options: RangeOptions): Promise<void> {
  const open = new Map(wanted.map((one) => [keyOf(one.topic, one.partition), one]));
  const all = Promise.withResolvers<void>();
  const abort = () => all.reject(options.signal.reason);
  options.signal.addEventListener('abort', abort, { once: true });
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => all.reject(error));
  try {
    options.signal.throwIfAborted();
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set(wanted.map(({ topic }) => topic))], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        const range = open.get(keyOf(topic, partition));
        if (!range) return consumer.pause([{ topic, partitions: [partition] }]);
        try {
          if (!(await take(range, messages, options))) return;
          open.delete(keyOf(topic, partition));
          if (open.size === 0) all.resolve();
        } catch (error) {
          all.reject(error);
        }
      },
    });
    for (const { topic, partition, next } of wanted)
      consumer.seek({ topic, partition, offset: next.toString() });
    await all.promise;
  } finally {
    options.signal.removeEventListener('abort', abort);
    await consumer.stop();
    await consumer.disconnect();
  }
}

/** Passes the new messages of a range on. Resolves with whether these were the last of the range. */
async function take(
  range: Range,
  messages: readonly Omit<ReceivedMessage, 'headers'>[],
  { onMessages }: RangeOptions,
): Promise<boolean> {
  // A fetch that was under way before the seek may bring other messages.
  const fresh = messages.filter(({ offset }) => BigInt(offset) >= range.next && BigInt(offset) < range.end);
  const [first, last] = [fresh[0], fresh.at(-1)];
  if (!first || !last) return false;
  if (BigInt(first.offset) !== range.next)
    throw new Error(
      `${range.topic}/${range.partition}: Kafka dropped offset ${range.next} while it was to be read`,
    );
  await onMessages(
    range.topic,
    range.partition,
    fresh.map((message) => ({ headers: {}, ...message })),
  );
  range.next = BigInt(last.offset) + 1n;
  return range.next >= range.end;
}
