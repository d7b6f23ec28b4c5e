import { CONTEXTS, fromMessage, topicOf } from '@meridian/contracts';
import { newId, SHARD_COUNT } from '@meridian/kernel';
import {
  connectKafka,
  createEventProducer,
  deleteTopics,
  ensureTopics,
  readTails,
  readTopicSettings,
  replaceTopicSettings,
  type EventProducer,
} from '@meridian/messaging';
import { createPool, migrate, uuidToBytes, type MysqlPool } from '@meridian/mysql';
import { migrationsFolder } from '@meridian/write-store';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRelay, readBacklog } from './index.ts';

const url = process.env.MERIDIAN_MYSQL_URL ?? '';
const brokers = process.env.MERIDIAN_KAFKA_BROKERS?.split(',') ?? [];
const suffix = randomBytes(6).toString('hex');
const database = `meridian_test_${suffix}`;
const topicPrefix = `test-${suffix}`;
const topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
const orders = topicOf('orders', topicPrefix);
const kafka = connectKafka({ brokers, clientId: 'too-large-test' });

let pool: MysqlPool;
let producer: EventProducer;

beforeAll(async () => {
  await migrate({ url, database, folder: migrationsFolder });
  pool = createPool({ url, database });
  await ensureTopics(kafka, topics, SHARD_COUNT);
  producer = await createEventProducer(kafka);
});
afterAll(async () => {
  await producer.close();
  await deleteTopics(kafka, topics);
  await pool.query(`DROP DATABASE ${database}`);
  await pool.close();
});

async function letTake(maxMessageBytes: number): Promise<void> {
  await replaceTopicSettings(kafka, orders, { 'max.message.bytes': String(maxMessageBytes) });
  const limit = async () =>
    (await readTopicSettings(kafka, [orders])).topics.map((topic) => topic.maxMessageBytes);
  await expect.poll(limit).toEqual([maxMessageBytes]);
}

/** Events of orders in these shards, each of so many bytes that no packing makes smaller. */
async function append(events: readonly { readonly shard: number; readonly bytes: number }[]): Promise<void> {
  for (const { shard, bytes } of events)
    await pool.withConnection((connection) =>
      connection.queryAll(
        `START TRANSACTION;
         UPDATE journal_head SET position = LAST_INSERT_ID(position) + 1 WHERE id = 1;
         INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload,
                              recorded_at, actor, traceparent)
         VALUES (LAST_INSERT_ID() + 1, ?, ?, 'order', ?, 1, 'OrderPlaced', ?, UTC_TIMESTAMP(3), 'test', '');
         COMMIT`,
        [uuidToBytes(newId()), shard, newId(), randomBytes(bytes)],
      ),
    );
}

const published = async () => {
  const tails = await readTails({ kafka, topics: [orders], count: 1_000 });
  return tails.flatMap(({ partition, messages }) =>
    messages.map(({ headers, value }) => Number(fromMessage({ partition, headers, value }).position)),
  );
};

it('topics take the largest event when they are made here', async () => {
  const { topics: settings } = await readTopicSettings(kafka, topics);
  expect(settings.map(({ maxMessageBytes }) => maxMessageBytes)).toEqual(CONTEXTS.map(() => 2_097_152));
});

it('a shard halts at an event that its topic does not take, says so, and goes on when it does', async () => {
  await letTake(5_000);
  // Together more than one batch may hold; then one that is too large alone, and one behind it.
  await append([1, 1, 1, 2, 2, 2].map((shard) => ({ shard, bytes: 3_000 })));
  await append([
    { shard: 1, bytes: 9_000 },
    { shard: 1, bytes: 100 },
    { shard: 2, bytes: 100 },
  ]);
  const errors: object[] = [];
  let lookedAgain = 0;
  const log = { info: () => {}, warn: () => {}, error: (fields: object) => errors.push(fields) };
  const relay = createRelay({
    pool,
    producer,
    topicPrefix,
    replica: 'a',
    log,
    pollMs: 50,
    onTooLarge: () => (lookedAgain += 1),
  });
  relay.start();
  try {
    const blocked = () =>
      relay.status().shards.flatMap(({ shard, blockedBy }) => (blockedBy ? [{ shard, ...blockedBy }] : []));
    await expect.poll(blocked).toMatchObject([{ shard: 1, topic: orders, position: 7n }]);
    expect(blocked()[0]?.bytes).toBeGreaterThan(9_000);
    await expect
      .poll(async () => (await readBacklog(pool)).filter(({ depth }) => depth > 0))
      .toMatchObject([{ shard: 1, depth: 2, position: 3n }]);
    expect(lookedAgain).toBeGreaterThan(0);
    // The first time it fails in one send with other shards; then it is tried alone, after a pause.
    const ofShard = { shards: [1], err: expect.objectContaining({ name: 'EventTooLargeError' }) };
    await expect.poll(() => errors).toContainEqual(expect.objectContaining(ofShard));
    await letTake(50_000);
    await expect.poll(async () => (await readBacklog(pool)).every(({ depth }) => depth === 0)).toBe(true);
    expect(blocked()).toEqual([]);
    expect(new Set(await published())).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9]));
  } finally {
    await relay.stop();
  }
});
