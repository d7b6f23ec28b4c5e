import { CONTEXTS, fromMessage, REPUBLISHED_HEADER, topicOf, type EventEnvelope } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import {
  connectKafka,
  createEventProducer,
  deleteTopics,
  ensureTopics,
  startConsumer,
  type EventProducer,
  type KafkaHandle,
  type RunningConsumer,
} from '@meridian/messaging';
import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { migrationsFolder, readJournal } from '@meridian/write-store';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createRelay,
  eventsInKafkaAbove,
  highestInKafka,
  KafkaLostError,
  readBacklog,
  refuseLostKafka,
  replicasAtWork,
  republish,
  type Relay,
  type RepublishOptions,
} from './index.ts';
import { appendTestEvents } from './testing/test-journal.ts';

const url = process.env.MERIDIAN_MYSQL_URL ?? '';
const brokers = process.env.MERIDIAN_KAFKA_BROKERS?.split(',') ?? [];
const silent = { info: () => {}, warn: () => {}, error: () => {} };

interface Received extends EventEnvelope {
  readonly again: boolean;
}

let kafka: KafkaHandle;
let producer: EventProducer;
let pool: MysqlPool;
let database: string;
let topicPrefix: string;
let consumer: RunningConsumer;
let received: Received[];
let relay: Relay;

beforeAll(async () => {
  if (!url || brokers.length === 0)
    throw new Error('MERIDIAN_MYSQL_URL and MERIDIAN_KAFKA_BROKERS must name a running MySQL and Kafka');
  kafka = connectKafka({ brokers, clientId: 'republish-test' });
  producer = await createEventProducer(kafka);
});
afterAll(() => producer.close());

const topics = () => CONTEXTS.map((context) => topicOf(context, topicPrefix));

beforeEach(async () => {
  const suffix = randomBytes(6).toString('hex');
  database = `meridian_test_${suffix}`;
  topicPrefix = `test-${suffix}`;
  received = [];
  await migrate({ url, database, folder: migrationsFolder });
  pool = createPool({ url, database });
  await ensureTopics(kafka, topics(), SHARD_COUNT);
  consumer = await startConsumer({
    kafka,
    groupId: `${topicPrefix}.reader`,
    topics: topics(),
    onBatch: async ({ partition, messages }) => {
      for (const { headers, value } of messages) {
        const again = headers[REPUBLISHED_HEADER] !== undefined;
        received.push({ ...fromMessage({ partition, headers, value }), again });
      }
    },
    onCrash: (error) => {
      throw error;
    },
  });
  relay = createRelay({ pool, producer, topicPrefix, replica: 'a', log: silent, pollMs: 50, leaseMs: 1_500 });
  relay.start();
  await appendTestEvents(pool, 600);
  await untilPublished();
});
afterEach(async () => {
  await relay.stop();
  await consumer.stop();
  await deleteTopics(kafka, topics());
  await pool.query(`DROP DATABASE ${database}`);
  await pool.close();
});

const until = (what: () => unknown) => vi.waitFor(what, { timeout: 30_000, interval: 20 });
const journal = () => readJournal({ pool, afterPosition: 0n, limit: 100_000 });

async function untilPublished(): Promise<void> {
  const positions = (await journal()).map(({ position }) => position);
  await until(async () => {
    expect((await readBacklog(pool)).every(({ depth }) => depth === 0)).toBe(true);
    expect(new Set(received.map(({ position }) => position))).toEqual(new Set(positions));
  });
}

const again = (options: Partial<RepublishOptions>) =>
  republish({ pool, producer, topicPrefix, fromPosition: 1n, leaseMs: 1_500, log: silent, ...options });
const sentAgain = () => received.filter((event) => event.again);
const byPosition = (events: readonly EventEnvelope[]) =>
  [...events].sort((a, b) => Number(a.position - b.position));

function inOrder(events: readonly EventEnvelope[]): boolean {
  const partitions = Map.groupBy(events, ({ context, shard }) => `${context}/${shard}`);
  return [...partitions.values()].every((list) =>
    list.every(({ position }, index) => index === 0 || position > (list[index - 1]?.position ?? 0n)),
  );
}

describe('publishing a range again', () => {
  it('sends exactly the range, of the shards asked for, in order and marked', async () => {
    const wanted = (await journal()).filter(
      ({ position, shard }) => position >= 100n && position <= 400n && (shard === 2 || shard === 9),
    );
    expect(wanted.length).toBeGreaterThan(20);
    const progress: number[] = [];
    const count = await again({
      ...{ fromPosition: 100n, toPosition: 400n, shards: [2, 9], batchSize: 10 },
      onProgress: ({ published, total }) => progress.push(published / total),
    });
    expect(count).toBe(wanted.length);
    expect(progress.at(-1)).toBe(1);
    expect(progress.length).toBeGreaterThan(3);
    await until(() => expect(sentAgain()).toHaveLength(wanted.length));
    expect(inOrder(sentAgain())).toBe(true);
    expect(byPosition(sentAgain())).toEqual(wanted.map((event) => ({ ...event, again: true })));
  });

  it('lets nothing newer of a shard come in between, and the relay goes on behind it', async () => {
    const events = await journal();
    let appended: ReadonlySet<number> | undefined;
    const slow: EventProducer = {
      ...producer,
      async send(batch, options) {
        appended ??= await appendTestEvents(pool, 200);
        relay.wake(appended);
        await producer.send(batch, options);
      },
    };
    const count = await again({ producer: slow, batchSize: 60 });
    expect(count).toBe(events.length);
    await untilPublished();
    await until(() => expect(sentAgain()).toHaveLength(events.length));
    const behind = received.slice(received.findIndex((event) => event.again));
    // From the first that was sent again on, every partition rises: the range, then what was recorded meanwhile.
    expect(inOrder(behind)).toBe(true);
    await until(() => expect(relay.status().shards).toHaveLength(SHARD_COUNT));
  });

  it('fills a Kafka that has lost everything with the whole journal', async () => {
    await relay.stop();
    await consumer.stop();
    await deleteTopics(kafka, topics());
    const kept = topicPrefix;
    topicPrefix = `${kept}-new`;
    await ensureTopics(kafka, topics(), SHARD_COUNT);
    received = [];
    await expect(refuseLostKafka(pool, kafka, topicPrefix)).rejects.toThrow(KafkaLostError);
    expect(await again({})).toBe(600);
    await refuseLostKafka(pool, kafka, topicPrefix);
    consumer = await startConsumer({
      kafka,
      groupId: `${topicPrefix}.reader`,
      topics: topics(),
      onBatch: async ({ partition, messages }) => {
        for (const { headers, value } of messages)
          received.push({ ...fromMessage({ partition, headers, value }), again: true });
      },
      onCrash: (error) => {
        throw error;
      },
    });
    await until(() => expect(received).toHaveLength(600));
    expect(inOrder(received)).toBe(true);
    expect(byPosition(received)).toEqual((await journal()).map((event) => ({ ...event, again: true })));
  });

  it('gives the shards back when it is interrupted or fails, and can be repeated', async () => {
    const interrupted = new AbortController();
    const onProgress = ({ published }: { published: number }) => {
      if (published > 100) interrupted.abort(new Error('interrupted'));
    };
    await expect(again({ batchSize: 30, onProgress, signal: interrupted.signal })).rejects.toThrow(
      'interrupted',
    );
    const failing: EventProducer = { ...producer, send: () => Promise.reject(new Error('no answer')) };
    await expect(again({ producer: failing, maxFailures: 2 })).rejects.toThrow('no answer');
    await appendTestEvents(pool, 100);
    await untilPublished();
    expect(await again({ toPosition: 50n })).toBe(50);
  });

  it('moves no cursor: what the relay had published, it does not publish again', async () => {
    const before = (await readBacklog(pool)).map(({ position }) => position);
    await again({ toPosition: 300n });
    await until(() => expect(relay.status().shards).toHaveLength(SHARD_COUNT));
    expect((await readBacklog(pool)).map(({ position }) => position)).toEqual(before);
    await until(() => expect(sentAgain()).toHaveLength(300));
    expect(received.filter((event) => !event.again)).toHaveLength(600);
  });
});

describe('the highest position in Kafka', () => {
  const highest = async () => {
    const found = await highestInKafka(kafka, topicPrefix);
    return new Map(found.map(({ topic, partition, position }) => [`${topic}/${partition}`, position]));
  };
  const expected = async () => {
    const last = new Map<string, bigint>();
    for (const { context, shard, position } of await journal())
      last.set(`${topicOf(context, topicPrefix)}/${shard}`, position);
    return last;
  };

  it('is found behind the newest messages, however many of these were sent again', async () => {
    await appendTestEvents(pool, 12_000);
    await untilPublished();
    const before = await highest();
    expect(before).toEqual(await expected());
    // Of most partitions the newest 200 messages are old ones then.
    await again({ toPosition: 10_000n });
    expect(await highest()).toEqual(before);
  });

  it('tells which events a database has lost that goes back to an earlier position', async () => {
    await appendTestEvents(pool, 3_000);
    await untilPublished();
    await again({ toPosition: 1_500n });
    const lost = (await journal()).filter(({ position }) => position > 1_000n);
    expect(await eventsInKafkaAbove(kafka, topicPrefix, 1_000n)).toEqual(lost);
  });

  it('is none where there are no topics', async () => {
    expect(await highestInKafka(kafka, `${topicPrefix}-nowhere`)).toEqual([]);
  });
});

describe('replicas at work', () => {
  it('are those that renew, and not those that a backup remembers', async () => {
    expect(await replicasAtWork(pool)).toEqual([relay.status().owner]);
    await relay.stop();
    await pool.query("INSERT INTO relay_replica VALUES ('remembered', UTC_TIMESTAMP(3) + INTERVAL 1 SECOND)");
    expect(await replicasAtWork(pool)).toEqual([]);
  });
});
