import {
  CONTEXTS,
  fromMessage,
  REPUBLISHED_HEADER,
  toMessage,
  topicOf,
  type EventEnvelope,
} from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import {
  connectKafka,
  createEventProducer,
  deleteTopics,
  ensureTopics,
  missingTopics,
  startConsumer,
  type EventProducer,
  type KafkaHandle,
  type RunningConsumer,
} from '@meridian/messaging';
import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { migrationsFolder, readJournal, readJournalId, type CommittedEvents } from '@meridian/write-store';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  announceReplica,
  createRelay,
  ensureEventTopics,
  eventsInKafkaAbove,
  highestInKafka,
  isKafkaLost,
  KafkaLostError,
  readBacklog,
  refuseLostKafka,
  replicasAtWork,
  republish,
  type Relay,
  type RepublishOptions,
} from './index.ts';
import { appendTestEvents, commitTestEvents } from './testing/test-journal.ts';

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

/** Reads the topics from their beginning, into `received`. */
function read(): Promise<RunningConsumer> {
  return startConsumer({
    kafka,
    groupId: `${topicPrefix}.reader.${randomBytes(3).toString('hex')}`,
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
}

beforeEach(async () => {
  const suffix = randomBytes(6).toString('hex');
  database = `meridian_test_${suffix}`;
  topicPrefix = `test-${suffix}`;
  received = [];
  await migrate({ url, database, folder: migrationsFolder });
  pool = createPool({ url, database });
  await ensureTopics(kafka, topics(), SHARD_COUNT);
  consumer = await read();
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

const until = (what: () => unknown) => expect.poll(async () => (await what(), 'holds')).toBe('holds');
/** The journal as Kafka has it: who asked for an event stays in the database. */
const journal = async () => {
  const events = await readJournal({ pool, afterPosition: 0n, limit: 100_000 });
  const journalId = await readJournalId(pool);
  return events.map(({ actor: _actor, ...event }): EventEnvelope => ({ ...event, journalId }));
};

async function untilPublished(): Promise<void> {
  const positions = (await journal()).map(({ position }) => position);
  await until(async () => {
    expect((await readBacklog(pool)).every(({ depth }) => depth === 0)).toBe(true);
    expect(new Set(received.map(({ position }) => position))).toEqual(new Set(positions));
  });
}

/** Its leases last: on a busy machine a short one would end before it is renewed. */
const again = (options: Partial<RepublishOptions>) =>
  republish({ pool, producer, topicPrefix, fromPosition: 1n, leaseMs: 20_000, log: silent, ...options });
/** Waits until the leases of the shards were renewed a few times. */
const untilRenewed = (seen: Set<string>) =>
  until(async () => {
    const { rows } = await pool.query('SELECT MAX(lease_until) AS ends FROM relay_shard');
    seen.add(String(rows[0]?.ends));
    expect(seen.size).toBeGreaterThan(3);
  });
const sentAgain = () => received.filter((event) => event.again);
const byPosition = (events: readonly EventEnvelope[]) =>
  [...events].sort((a, b) => Number(a.position - b.position));

function inOrder(events: readonly EventEnvelope[]): boolean {
  const partitions = Map.groupBy(events, ({ context, shard }) => `${context}/${shard}`);
  return [...partitions.values()].every((list) =>
    list.every(({ position }, index) => index === 0 || position > (list[index - 1]?.position ?? 0n)),
  );
}

/** What a reader keeps: of every partition only what is above all before it. */
function withoutDuplicates(events: readonly Received[]): readonly Received[] {
  const highest = new Map<string, bigint>();
  return events.filter(({ context, shard, position }) => {
    const key = `${context}/${shard}`;
    if (position <= (highest.get(key) ?? 0n)) return false;
    highest.set(key, position);
    return true;
  });
}

describe('publishing a range again', () => {
  it('sends exactly the range, of the shards asked for, in order and marked', async () => {
    const wanted = (await journal()).filter(
      ({ position, shard }) => position >= 100n && position <= 400n && (shard === 2 || shard === 9),
    );
    expect(wanted.length).toBeGreaterThan(20);
    const progress: number[] = [];
    const count = await again({
      fromPosition: 100n,
      toPosition: 400n,
      shards: [2, 9],
      batchSize: 10,
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
    let committed: CommittedEvents | undefined;
    const slow: EventProducer = {
      ...producer,
      async send(batch, options) {
        committed ??= await commitTestEvents(pool, 200);
        relay.committed(committed);
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
    consumer = await read();
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
    // A lease that ended under a send makes the relay send a piece twice, before the range is sent again.
    const partitions = Map.groupBy(received, ({ context, shard }) => `${context}/${shard}`);
    for (const events of partitions.values()) {
      const first = events.findIndex((event) => event.again);
      expect(first < 0 ? [] : events.slice(first).filter((event) => !event.again)).toEqual([]);
    }
  });
});

describe('a relay at work whose Kafka loses everything', () => {
  it('publishes nothing newer to topics that were made again, before what was lost is there', async () => {
    await relay.stop();
    await consumer.stop();
    const errors: unknown[] = [];
    const log = { ...silent, error: ({ err }: { err?: unknown }) => errors.push(err) };
    const refused = () => errors.filter((error) => error instanceof KafkaLostError).length;
    const careful = await createEventProducer(kafka, {
      onConnected: () => ensureEventTopics({ pool, kafka, topicPrefix, emptyKafka: 'refuse' }),
    });
    const options = { pool, topicPrefix, log, pollMs: 50, leaseMs: 1_500 };
    relay = createRelay({ ...options, producer: careful, replica: 'b' });
    relay.start();
    await appendTestEvents(pool, 100);
    const depth = async () => (await readBacklog(pool)).reduce((sum, shard) => sum + shard.depth, 0);
    await until(async () => expect(await depth()).toBe(0));
    await deleteTopics(kafka, topics());
    // Until the broker knows, too, a topic that is being deleted takes what is sent to it.
    await until(async () => expect(await missingTopics(kafka, topics())).toEqual(topics()));
    relay.committed(await commitTestEvents(pool, 200));
    await until(() => expect(refused()).toBeGreaterThan(0));
    expect(await missingTopics(kafka, topics())).toEqual(topics());
    // As `meridian up` does.
    await ensureTopics(kafka, topics(), SHARD_COUNT);
    const before = refused();
    await until(() => expect(refused()).toBeGreaterThan(before + SHARD_COUNT));
    expect(await depth()).toBe(200);
    received = [];
    consumer = await read();
    const prepare = () => ensureEventTopics({ pool, kafka, topicPrefix, emptyKafka: 'accept' });
    expect(await again({ prepare })).toBe(700);
    await untilPublished();
    // A lease that ends under a send makes the relay send a piece twice. Had anything newer come before the range, a reader would miss
    // what is older.
    const kept = withoutDuplicates(received);
    expect(byPosition(kept).map(({ position }) => position)).toEqual(
      (await journal()).map(({ position }) => position),
    );
    expect(kept.filter((event) => !event.again)).toHaveLength(200);
    await relay.stop();
    await careful.close();
  });

  it('publishes nothing newer behind a part of it either: publishing again has to come to its end', async () => {
    await relay.stop();
    await consumer.stop();
    await deleteTopics(kafka, topics());
    topicPrefix = `${topicPrefix}-new`;
    const errors: string[] = [];
    const log = { ...silent, error: (_: object, message: string) => errors.push(message) };
    relay = createRelay({ pool, topicPrefix, producer, log, replica: 'b', pollMs: 50, leaseMs: 1_500 });
    relay.start();
    const interrupted = new AbortController();
    const options = {
      isLost: () => isKafkaLost(pool, kafka, topicPrefix),
      prepare: () => ensureEventTopics({ pool, kafka, topicPrefix, emptyKafka: 'accept' }),
    };
    const onProgress = ({ published }: { published: number }) => {
      if (published > 100) interrupted.abort(new Error('interrupted'));
    };
    const { signal } = interrupted;
    await expect(again({ ...options, signal, onProgress, batchSize: 30 })).rejects.toThrow('interrupted');
    relay.committed(await commitTestEvents(pool, 100));
    const waiting = 'these shards wait until `meridian journal republish` has been run to its end';
    await until(() => expect(errors).toContain(waiting));
    expect(await again({ ...options, toPosition: 300n })).toBe(300);
    expect(relay.status().shards).toEqual([]);
    expect(await again(options)).toBe(600);
    received = [];
    consumer = await read();
    await untilPublished();
    const kept = withoutDuplicates(received);
    expect(byPosition(kept).map(({ position }) => position)).toEqual(
      (await journal()).map(({ position }) => position),
    );
    expect(inOrder(kept)).toBe(true);
  });

  it('holds the shards for as long as counting what is to be sent takes', async () => {
    const renewals = new Set<string>();
    const slow: MysqlPool = {
      ...pool,
      async query(sql, values) {
        if (sql.includes('COUNT(*) AS events')) await untilRenewed(renewals);
        return pool.query(sql, values);
      },
    };
    await appendTestEvents(pool, 10);
    await untilPublished();
    expect(await again({ pool: slow })).toBe((await journal()).length);
    expect(renewals.size).toBeGreaterThan(3);
  });

  it('holds the shards for as long as preparing takes, and gives them back when that fails', async () => {
    const owners = async () => new Set((await readBacklog(pool)).map(({ owner }) => owner.split('#')[0]));
    const renewals = new Set<string>();
    const prepare = async () => {
      await untilRenewed(renewals);
      expect(await owners()).toEqual(new Set(['republish']));
      throw new Error('no Kafka');
    };
    await expect(again({ prepare })).rejects.toThrow('no Kafka');
    await until(async () => expect(await owners()).toEqual(new Set(['a'])));
    expect(sentAgain()).toEqual([]);
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

  it('is found behind whole batches of old events that landed late, or were sent again and again', async () => {
    await appendTestEvents(pool, 2_000);
    await untilPublished();
    const before = await highest();
    const [first] = await journal();
    if (!first) throw new Error('a journal with events');
    const old = { topic: topicOf(first.context, topicPrefix), ...toMessage(first) };
    for (let n = 0; n < 5; n++) {
      await producer.send(Array<typeof old>(1_000).fill(old), { timeoutMs: 20_000 });
      expect(await highest()).toEqual(before);
    }
    const lost = (await journal()).filter(({ position }) => position > 2_000n);
    expect(await eventsInKafkaAbove(kafka, topicPrefix, 2_000n)).toEqual(lost);
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
    expect(await replicasAtWork(pool)).toEqual(['a']);
    await relay.stop();
    await pool.query("INSERT INTO relay_replica VALUES ('remembered', UTC_TIMESTAMP(3) + INTERVAL 1 SECOND)");
    // As it is when the database's clock was set back by an hour since.
    await pool.query("INSERT INTO command_replica VALUES ('too', UTC_TIMESTAMP(3) + INTERVAL 1 HOUR)");
    expect(await replicasAtWork(pool)).toEqual([]);
  });

  it('are also those that publish nothing, and these get no share of the shards', async () => {
    const silentOne = await announceReplica({ pool, replica: 'silent', aliveMs: 1_000, log: silent });
    await until(() => expect(relay.status().shards).toHaveLength(SHARD_COUNT));
    await until(async () => expect(await replicasAtWork(pool)).toContain('silent'));
    expect(relay.status().liveReplicas).toHaveLength(1);
    await relay.stop();
    expect(await replicasAtWork(pool)).toEqual(['silent']);
    await silentOne.stop();
    expect(await replicasAtWork(pool)).toEqual([]);
  });
});
