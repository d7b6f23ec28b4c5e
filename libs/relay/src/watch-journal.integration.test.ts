import { CONTEXTS, toMessage, topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import {
  connectKafka,
  createEventProducer,
  deleteTopics,
  ensureTopics,
  type EventProducer,
  type KafkaHandle,
} from '@meridian/messaging';
import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import {
  createKnownJournal,
  fenceJournal,
  migrationsFolder,
  readHead,
  readJournal,
  type KnownJournal,
} from '@meridian/write-store';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createRelay,
  lookAtTopics,
  readBacklog,
  watchJournal,
  type JournalWatch,
  type Relay,
} from './index.ts';
import { appendTestEvents } from './testing/test-journal.ts';

const url = process.env.MERIDIAN_MYSQL_URL ?? '';
const brokers = process.env.MERIDIAN_KAFKA_BROKERS?.split(',') ?? [];
const FIRST_MS = 60_000;

let kafka: KafkaHandle;
let producer: EventProducer;
let pool: MysqlPool;
let database: string;
let topicPrefix: string;
let topics: string[];
let said: string[];
let relay: Relay | undefined;
let watches: JournalWatch[];

const tell = (_: object, message: string) => void said.push(message);
const log = { info: tell, warn: tell, error: tell };

beforeAll(async () => {
  if (!url || brokers.length === 0)
    throw new Error('MERIDIAN_MYSQL_URL and MERIDIAN_KAFKA_BROKERS must name a running MySQL and Kafka');
  kafka = connectKafka({ brokers, clientId: 'watch-test' });
  producer = await createEventProducer(kafka);
});
afterAll(() => producer.close());

beforeEach(async () => {
  const suffix = randomBytes(6).toString('hex');
  [database, topicPrefix] = [`meridian_test_${suffix}`, `test-${suffix}`];
  topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  [said, watches, relay] = [[], [], undefined];
  await migrate({ url, database, folder: migrationsFolder });
  pool = createPool({ url, database });
  await ensureTopics(kafka, topics, SHARD_COUNT);
});
afterEach(async () => {
  await relay?.stop();
  await Promise.all(watches.map((watch) => watch.stop()));
  await deleteTopics(kafka, topics);
  await pool.query(`DROP DATABASE ${database}`);
  await pool.close();
});

function watchOver(journal: KnownJournal, handle = kafka): JournalWatch {
  const often = { headEveryMs: 50, kafkaEveryMs: 200, troubledEveryMs: 100, kafkaAtMostEveryMs: 100 };
  const watch = watchJournal({ pool, journal, kafka: handle, topicPrefix, log, ...often });
  watches.push(watch);
  return watch;
}

function startRelay(watch: JournalWatch): void {
  relay = createRelay({
    pool,
    producer,
    topicPrefix,
    replica: 'a',
    log,
    pollMs: 50,
    leaseMs: 2_000,
    isHeld: () => watch.behind() !== undefined || watch.foreign() !== undefined,
  });
  relay.start();
}

const waiting = async () => (await readBacklog(pool)).reduce((sum, { depth }) => sum + depth, 0);

async function published(count: number): Promise<void> {
  const watch = watchOver(createKnownJournal());
  startRelay(watch);
  await appendTestEvents(pool, count);
  await expect.poll(waiting).toBe(0);
  await relay?.stop();
  await watch.stop();
}

describe('the watch over the journal', () => {
  it('finds a database that lost what Kafka has at its first look, and goes on after a fence', async () => {
    await published(300);
    await pool.queryAll(
      `DELETE FROM journal WHERE position > 200; UPDATE journal_head SET position = 200;
       UPDATE relay_shard SET position = LEAST(position, 200)`,
    );
    const watch = watchOver(createKnownJournal());
    await watch.first(FIRST_MS);
    expect(watch.behind()).toEqual({ head: 200n, known: 300n });
    expect(said.join()).toContain('the database has lost acknowledged events');
    startRelay(watch);
    // What is drawn all the same, as by a replica that does not know, is not published over what readers have.
    await appendTestEvents(pool, 20);
    await expect.poll(() => relay?.status().shards.length).toBe(SHARD_COUNT);
    expect(await waiting()).toBe(20);
    await fenceJournal(pool, { position: 300n, reason: 'a test' });
    await expect.poll(() => watch.behind()).toBeUndefined();
    await expect.poll(waiting).toBe(0);
  });

  it('does not take for a loss what is committed and published while it looks', async () => {
    const journal = createKnownJournal();
    const watch = watchOver(journal);
    startRelay(watch);
    for (let round = 0; round < 40; round++) {
      await appendTestEvents(pool, 15);
      watch.poke();
      expect(watch.behind()).toBeUndefined();
    }
    await expect.poll(waiting).toBe(0);
    // It has looked: what Kafka has is known.
    await expect.poll(() => journal.position()).toBe(await readHead(pool));
    expect(said.join()).not.toContain('lost');
  });

  it('publishes nothing into topics with another journal’s events, and goes on once they are new', async () => {
    await published(50);
    const [event] = await readJournal({ pool, afterPosition: 0n, limit: 1 });
    const foreign = { ...event!, position: 900_000n, journalId: 'another' };
    await producer.send([{ topic: topicOf(foreign.context, topicPrefix), ...toMessage(foreign) }], {
      timeoutMs: 20_000,
    });
    const watch = watchOver(createKnownJournal());
    await watch.first(FIRST_MS);
    expect(watch.foreign()).toMatchObject({ journalId: 'another', partition: foreign.shard });
    expect(watch.behind()).toBeUndefined();
    startRelay(watch);
    await expect.poll(() => relay?.status().shards.length).toBe(SHARD_COUNT);
    await appendTestEvents(pool, 10);
    const seen = await lookAtTopics({ kafka, topicPrefix, journalId: 'another' });
    expect(seen.highest).toBe(900_000n);
    expect(await waiting()).toBe(10);
    await deleteTopics(kafka, topics);
    await expect
      .poll(() => ensureTopics(kafka, topics, SHARD_COUNT).then(() => watch.foreign()))
      .toBeUndefined();
    await expect.poll(waiting).toBe(0);
  });

  it('knows what others have told in the database where Kafka is away, and refuses nothing else', async () => {
    await appendTestEvents(pool, 10);
    const away = connectKafka({ brokers: ['127.0.0.1:1'], clientId: 'watch-test-away' });
    const watch = watchOver(createKnownJournal(), away);
    await watch.first(100);
    expect(watch.behind()).toBeUndefined();
    await pool.query('UPDATE journal_identity SET known_position = 12');
    await expect.poll(() => watch.behind()).toEqual({ head: 10n, known: 12n });
    await fenceJournal(pool, { position: 12n, reason: 'a test' });
    await expect.poll(() => watch.behind()).toBeUndefined();
  });
});
