import { randomUUID } from 'node:crypto';
import type { Admin, Consumer } from 'kafkajs';
import type { ReceivedMessage } from './consumer.ts';
import type { KafkaHandle } from './kafka.ts';

/** Where to begin reading a partition. */
export interface RangeStart {
  readonly topic: string;
  readonly partition: number;
  /** The first wanted offset; the oldest existing offset when it is left out or no longer exists. Nothing is read from the end on. */
  readonly from?: bigint | undefined;
}

/** Whether the rest of a partition is wanted. */
export type Wanted = 'more' | 'enough';

/** What to read, and what to call with it. */
export interface RangeOptions {
  readonly kafka: KafkaHandle;
  readonly ranges: readonly RangeStart[];
  /** So many partitions are read at once at most; the others wait for their turn. */
  readonly partitionsAtOnce?: number;
  /** How often to look whether Kafka still has what is waited for, while nothing comes; ten seconds when left out. */
  readonly lookEveryMs?: number;
  /**
   * Called with the messages of a partition in order, piece by piece, each message once. A piece is what one fetch
   * brings, a megabyte as Kafka keeps it. The partition's next piece is fetched when this resolves, and waits for no other
   * partition. Nothing more of the partition is read when this resolves with `enough`.
   */
  onMessages(topic: string, partition: number, messages: readonly ReceivedMessage[]): Promise<Wanted>;
  /** Ends the reading, which rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

interface Range {
  readonly topic: string;
  readonly partition: number;
  next: bigint;
  readonly end: bigint;
}

/** All partitions have messages, so only a fetch that found all of them paused waits for so long. */
const MAX_WAIT_MS = 20;

/**
 * Reads partitions from their given start to their current end, outside of all groups: nothing is committed, and no
 * group is disturbed. One consumer reads all of them. Resolves when everything is read that is wanted. Rejects with the
 * error of onMessages, and when Kafka has dropped a part of what is to be read. Whatever the outcome, no call of onMessages is under way any more.
 */
export async function readRanges(options: RangeOptions): Promise<void> {
  const { kafka } = options;
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `ranges.${randomUUID()}`;
  try {
    const ranges: Range[] = [];
    for (const topic of new Set(options.ranges.map((range) => range.topic))) {
      const offsets = await admin.fetchTopicOffsets(topic);
      for (const { partition, low, high } of offsets) {
        const range = options.ranges.find((one) => one.topic === topic && one.partition === partition);
        const [oldest, end] = [BigInt(low), BigInt(high)];
        if (!range || oldest >= end) continue;
        const from = range.from ?? oldest;
        if (from === end) continue;
        // An offset beyond the end is of a topic that was made anew since.
        ranges.push({ topic, partition, end, next: from >= oldest && from < end ? from : oldest });
      }
    }
    if (ranges.length === 0) return;
    await consume(kafka.consumer({ groupId, maxWaitTimeInMs: MAX_WAIT_MS }), admin, ranges, options);
    await admin.deleteGroups([groupId]);
  } finally {
    await admin.disconnect();
  }
}

async function consume(
  consumer: Consumer,
  admin: Pick<Admin, 'fetchTopicOffsets'>,
  ranges: readonly Range[],
  options: RangeOptions,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  // This promise may reject before anyone waits for it.
  ended.promise.catch(() => undefined);
  const abort = () => ended.reject(options.signal.reason);
  options.signal.addEventListener('abort', abort, { once: true });
  const reading = createReading(consumer, ranges, options, ended);
  // It restarts by itself, as when the coordinator of a Kafka that was just started is still loading.
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) ended.reject(error);
  });
  // Before the first fetch, and again when the group is joined again: kafkajs forgets where partitions were to go on.
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => reading.begin(payload.memberAssignment));
  const looking = setInterval(() => {
    refuseWhatIsGone(admin, reading.awaited()).catch(ended.reject);
  }, options.lookEveryMs ?? LOOK_EVERY_MS);
  try {
    options.signal.throwIfAborted();
    await consumer.connect();
    const topics = [...new Set(ranges.map(({ topic }) => topic))];
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch: { topic, partition, messages } }) => {
        reading.take(topic, partition, messages);
        return Promise.resolve();
      },
    });
    await ended.promise;
  } finally {
    clearInterval(looking);
    options.signal.removeEventListener('abort', abort);
    await reading.stop();
    await consumer.stop();
    await consumer.disconnect();
  }
}

const LOOK_EVERY_MS = 10_000;

/**
 * Rejects when Kafka no longer has what comes next of a range. Kafka has removed it because of its age, or the topic was made
 * again. A fetch would then never bring anything. A look that fails itself says nothing.
 */
async function refuseWhatIsGone(
  admin: Pick<Admin, 'fetchTopicOffsets'>,
  awaited: readonly Range[],
): Promise<void> {
  for (const [topic, ranges] of Map.groupBy(awaited, (range) => range.topic)) {
    const before = ranges.map(({ next }) => next);
    const offsets = await admin.fetchTopicOffsets(topic).catch(() => []);
    for (const [index, range] of ranges.entries()) {
      const found = offsets.find(({ partition }) => partition === range.partition);
      // What came meanwhile has moved it.
      if (!found || range.next !== before[index]) continue;
      if (BigInt(found.low) > range.next || BigInt(found.high) < range.end) throw dropped(range);
    }
  }
}

/** Hands the pieces of partitions out. */
interface Reading {
  /** Of these partitions by topic, has the consumer fetch what comes next of those whose turn it is, and nothing else. */
  begin(assigned: Readonly<Record<string, readonly number[]>>): void;
  take(topic: string, partition: number, messages: readonly Omit<ReceivedMessage, 'headers'>[]): void;
  /** What is fetched now, and not worked on. */
  awaited(): readonly Range[];
  /** Hands nothing out any more; resolves when all that was is worked on. */
  stop(): Promise<void>;
}

/**
 * A partition is paused while a piece of it is worked on, and fetched again after that. Fetches of the other partitions go
 * on meanwhile. So each partition keeps one piece in memory, and a slow one holds up no other.
 */
function createReading(
  consumer: Pick<Consumer, 'seek' | 'pause' | 'resume'>,
  ranges: readonly Range[],
  { onMessages, partitionsAtOnce = ranges.length }: RangeOptions,
  ended: Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>,
): Reading {
  const waiting = [...ranges];
  const open = new Map(waiting.splice(0, partitionsAtOnce).map((range) => [keyOf(range), range]));
  const underWay = new Map<string, Promise<void>>();
  let stopped = false;

  const pause = ({ topic, partition }: TopicAndPartition) =>
    consumer.pause([{ topic, partitions: [partition] }]);
  const resume = ({ topic, partition }: TopicAndPartition) =>
    consumer.resume([{ topic, partitions: [partition] }]);

  const isNotRead = (key: string) => !open.has(key) || underWay.has(key);

  /** The next in line gets the turn of a partition of which nothing more is wanted. */
  function close(range: Range): void {
    open.delete(keyOf(range));
    const next = waiting.shift();
    if (next) {
      open.set(keyOf(next), next);
      resume(next);
    } else if (open.size === 0) ended.resolve();
  }

  async function handOut(range: Range, fresh: readonly ReceivedMessage[]): Promise<void> {
    try {
      const wanted = await onMessages(range.topic, range.partition, fresh);
      underWay.delete(keyOf(range));
      if (stopped) return;
      if (wanted === 'enough' || range.next >= range.end) close(range);
      else resume(range);
    } catch (error) {
      ended.reject(error);
    }
  }

  return {
    begin(assigned) {
      for (const { topic, partition, next } of ranges)
        consumer.seek({ topic, partition, offset: next.toString() });
      for (const [topic, partitions] of Object.entries(assigned))
        for (const partition of partitions)
          if (isNotRead(keyOf({ topic, partition }))) pause({ topic, partition });
    },
    take(topic, partition, messages) {
      const key = keyOf({ topic, partition });
      const range = open.get(key);
      if (!range || stopped || underWay.has(key)) return;
      try {
        const fresh = freshOf(range, messages);
        const last = fresh.at(-1);
        if (!last) return;
        range.next = BigInt(last.offset) + 1n;
        pause(range);
        underWay.set(key, handOut(range, fresh));
      } catch (error) {
        ended.reject(error);
      }
    },
    awaited: () => [...open].flatMap(([key, range]) => (underWay.has(key) ? [] : [range])),
    async stop() {
      stopped = true;
      await Promise.all(underWay.values());
    },
  };
}

type TopicAndPartition = Pick<Range, 'topic' | 'partition'>;

const keyOf = ({ topic, partition }: TopicAndPartition) => `${topic}/${partition}`;

/** The messages of a range that were not handed out yet. Throws when some before them are gone. */
function freshOf(
  range: Range,
  messages: readonly Omit<ReceivedMessage, 'headers'>[],
): readonly ReceivedMessage[] {
  const { next, end } = range;
  // A fetch that was under way before the seek may bring other messages.
  const fresh = messages.filter(({ offset }) => BigInt(offset) >= next && BigInt(offset) < end);
  const [first] = fresh;
  if (first && BigInt(first.offset) !== next) throw dropped(range);
  return fresh.map((message) => ({ headers: {}, ...message }));
}

const dropped = ({ topic, partition, next }: Range) =>
  new Error(`${topic}/${partition}: Kafka dropped offset ${next} while it was to be read`);
