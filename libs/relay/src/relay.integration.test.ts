import { fromMessage, topicOf, CONTEXTS, type EventEnvelope } from '@meridian/contracts';
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
import { migrationsFolder, readJournal, readJournalId } from '@meridian/write-store';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRelay, readBacklog, readOldestAgeMs, type Relay, type RelayOptions } from './index.ts';
import { Leases } from './leases.ts';
import { appendTestEvents, commitTestEvents } from './testing/test-journal.ts';

const url = process.env.MERIDIAN_MYSQL_URL ?? '';
const brokers = process.env.MERIDIAN_KAFKA_BROKERS?.split(',') ?? [];
const silent = { info: () => {}, warn: () => {}, error: () => {} };

let kafka: KafkaHandle;
let producer: EventProducer;
let pool: MysqlPool;
let database: string;
let topicPrefix: string;
let topics: string[];
let consumer: RunningConsumer;
/** What Kafka holds, each message once: a batch may come to the consumer again. */
let received: EventEnvelope[];
let relays: Relay[];

beforeAll(async () => {
  if (!url || brokers.length === 0)
    throw new Error('MERIDIAN_MYSQL_URL and MERIDIAN_KAFKA_BROKERS must name a running MySQL and Kafka');
  kafka = connectKafka({ brokers, clientId: 'relay-test' });
  producer = await createEventProducer(kafka);
});
afterAll(() => producer.close());

beforeEach(async () => {
  const suffix = randomBytes(6).toString('hex');
  database = `meridian_test_${suffix}`;
  topicPrefix = `test-${suffix}`;
  topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  relays = [];
  received = [];
  await migrate({ url, database, folder: migrationsFolder });
  pool = createPool({ url, database });
  await ensureTopics(kafka, topics, SHARD_COUNT);
  const places = new Set<string>();
  consumer = await startConsumer({
    kafka,
    groupId: `${topicPrefix}.reader`,
    topics,
    onBatch: async ({ topic, partition, messages }) => {
      for (const { headers, value, offset } of messages) {
        const place = `${topic}/${partition}/${offset}`;
        if (!places.has(place)) received.push(fromMessage({ partition, headers, value }));
        places.add(place);
      }
    },
    onCrash: (error) => {
      throw error;
    },
  });
});
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.stop()));
  await consumer.stop();
  await deleteTopics(kafka, topics);
  await pool.query(`DROP DATABASE ${database}`);
  await pool.close();
});

function startRelay(replica: string, options: Partial<RelayOptions> = {}): Relay {
  const relay = createRelay({ pool, producer, topicPrefix, replica, log: silent, pollMs: 50, ...options });
  relays.push(relay);
  relay.start();
  return relay;
}

const HOUR_MS = 3_600_000;
const until = (what: () => unknown) => expect.poll(async () => (await what(), 'holds')).toBe('holds');
/** The journal as Kafka has it: who asked for an event stays in the database. */
const journal = async () => {
  const events = await readJournal({ pool, afterPosition: 0n, limit: 100_000 });
  const journalId = await readJournalId(pool);
  return events.map(({ actor: _actor, ...event }): EventEnvelope => ({ ...event, journalId }));
};

async function untilPublished(): Promise<void> {
  await until(async () => {
    const backlog = await readBacklog(pool);
    expect(backlog.map(({ depth }) => depth)).toEqual(Array<number>(SHARD_COUNT).fill(0));
  });
  const positions = new Set((await journal()).map(({ position }) => position));
  await until(() => expect(new Set(received.map(({ position }) => position))).toEqual(positions));
}

function byPartition(events: readonly EventEnvelope[]): Map<string, bigint[]> {
  const lists = new Map<string, bigint[]>();
  for (const { context, shard, position } of events) {
    const key = `${context}/${shard}`;
    lists.set(key, [...(lists.get(key) ?? []), position]);
  }
  return lists;
}

/** What a consumer keeps: of every partition only what is above all before it. */
function withoutDuplicates(positions: readonly bigint[]): bigint[] {
  const kept: bigint[] = [];
  for (const position of positions) if (position > (kept.at(-1) ?? 0n)) kept.push(position);
  return kept;
}

async function expectAllInOrder(): Promise<void> {
  const expected = byPartition(await journal());
  const found = byPartition(received);
  expect(new Set(found.keys())).toEqual(new Set(expected.keys()));
  for (const [key, positions] of found) expect(withoutDuplicates(positions)).toEqual(expected.get(key));
}

describe('the relay', () => {
  it('takes all shards when alone and publishes every event once, whole and in order', async () => {
    await appendTestEvents(pool, 2_500);
    // All at once: the next look at who owns what would be a third of a lease later, and the next poll in an hour.
    const relay = startRelay('a', { pollMs: HOUR_MS, leaseMs: HOUR_MS });
    await until(() => expect(relay.status().shards).toHaveLength(SHARD_COUNT));
    await untilPublished();
    // Woken, not polled: the next look would be in an hour.
    relay.committed(await commitTestEvents(pool, 300));
    await untilPublished();
    await expectAllInOrder();
    const sorted = [...received].sort((a, b) => (a.position < b.position ? -1 : 1));
    expect(sorted).toEqual(await journal());
  });

  it('publishes what is handed over without reading it again, with what others record in between', async () => {
    let reads = 0;
    const counting: typeof pool = {
      ...pool,
      withConnection: (use) => {
        reads += 1;
        return pool.withConnection(use);
      },
    };
    await appendTestEvents(pool, 100);
    const relay = startRelay('a', { pool: counting, pollMs: 60_000, leaseMs: 60_000 });
    await untilPublished();
    const before = reads;
    for (let round = 0; round < 5; round++) {
      relay.committed(await commitTestEvents(pool, 30));
      await untilPublished();
    }
    expect(reads).toBe(before);
    // Of the same aggregates, so each shard that others have recorded in is looked at.
    await appendTestEvents(pool, 40);
    relay.committed(await commitTestEvents(pool, 500));
    await untilPublished();
    expect(reads).toBeGreaterThan(before);
    await expectAllInOrder();
    expect([...received].sort((a, b) => (a.position < b.position ? -1 : 1))).toEqual(await journal());
  });

  it('reads a backlog of large events by bytes, and none twice but after a send that failed', async () => {
    const EVENTS = 100;
    const BYTES = 300_000;
    await pool.queryAll(
      `INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload,
                            recorded_at, actor, traceparent)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${EVENTS})
       SELECT i, UUID_TO_BIN(UUID()), i % 2, 'order', CONCAT('o-', i), 1, 'OrderPaid', REPEAT('x', ${BYTES}),
              UTC_TIMESTAMP(3), 'test', '' FROM n;
       UPDATE journal_head SET position = ${EVENTS}`,
    );
    const reads: number[] = [];
    const counting: typeof pool = {
      ...pool,
      withConnection: (use) =>
        pool.withConnection((connection) =>
          use({
            ...connection,
            async runAll(statements) {
              const results = await connection.runAll(statements);
              const payloads = results.flatMap(({ rows }) => rows.map(({ payload }) => payload));
              const bytes = payloads.map((one) => (one instanceof Uint8Array ? one.length : 0));
              reads.push(bytes.reduce((sum, one) => sum + one, 0));
              return results;
            },
          }),
        ),
    };
    // A send that fails, to a leader that has just been chosen for example, has its events read again.
    let failedSends = 0;
    const log = { ...silent, error: () => (failedSends += 1) };
    startRelay('a', { pool: counting, leaseMs: 120_000, sendTimeoutMs: 60_000, log });
    await untilPublished();
    // Two shards, and two of these events stay within the bytes of one.
    expect(Math.max(...reads)).toBe(4 * BYTES);
    const read = reads.reduce((sum, one) => sum + one, 0) / BYTES;
    expect(read).toBeGreaterThanOrEqual(EVENTS);
    // What was sent then, and what had been read ahead of it.
    expect(read).toBeLessThanOrEqual(EVENTS + failedSends * (4 + 4));
    await expectAllInOrder();
  });

  it('doubles at most the batch in flight when it dies between the send and the move of the cursor', async () => {
    await appendTestEvents(pool, 500);
    const batches: number[] = [];
    const dying: EventProducer = {
      ...producer,
      async send(batch, options) {
        await producer.send(batch, options);
        batches.push(batch.length);
        if (batches.length === 3) throw new Error('died before the cursor moved');
      },
    };
    startRelay('a', { producer: dying, batchSize: 60 });
    await untilPublished();
    await until(() => expect(received.length).toBe(500 + batches[2]!));
    expect(Math.max(...batches)).toBeLessThanOrEqual(60);
    await expectAllInOrder();
  });

  it('stops a shard whose event cannot be published, and no other', async () => {
    await appendTestEvents(pool, 240);
    const poison = 5;
    let healed = false;
    const picky: EventProducer = {
      ...producer,
      async send(batch, options) {
        if (!healed && batch.some(({ partition }) => partition === poison)) throw new Error('too large');
        await producer.send(batch, options);
      },
    };
    const errors: string[] = [];
    const log = { ...silent, error: (_: object, message: string) => errors.push(message) };
    const relay = startRelay('a', { producer: picky, log });
    await until(async () => {
      const waiting = (await readBacklog(pool)).filter(({ depth }) => depth > 0);
      expect(waiting.map(({ shard }) => shard)).toEqual([poison]);
      expect(await readOldestAgeMs(pool)).toBeGreaterThan(0);
    });
    expect(relay.status().shards.find(({ shard }) => shard === poison)?.failures).toBeGreaterThan(0);
    expect(errors).toContain('could not publish; will try again');
    healed = true;
    await untilPublished();
    await expectAllInOrder();
  });

  it('spreads shards evenly over replicas, and gives them back when it stops', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => startRelay(name, { leaseMs: 1_500 }));
    const counts = () => [a!, b!, c!].map((relay) => relay.status().shards.length);
    await until(() => expect(counts()).toEqual([4, 4, 4]));
    await appendTestEvents(pool, 400);
    await b!.stop();
    await until(() => expect(counts()).toEqual([6, 0, 6]));
    await appendTestEvents(pool, 400);
    await untilPublished();
    await expectAllInOrder();
  });

  it('takes over the shards of a dead replica when its lease ends, and lets it move no cursor then', async () => {
    await appendTestEvents(pool, 200);
    const dead = new Leases({ pool, owner: `dead#${randomUUID()}`, leaseMs: 1_000 });
    const startedAt = performance.now();
    const { taken } = await dead.renew();
    expect(taken).toHaveLength(SHARD_COUNT);
    const relay = startRelay('b', { leaseMs: 1_000 });
    await untilPublished();
    expect(performance.now() - startedAt).toBeGreaterThan(990);
    await until(() => expect(relay.status().shards).toHaveLength(SHARD_COUNT));
    const before = (await readBacklog(pool)).map(({ position }) => position);
    const lost = await dead.move(new Map(taken.map((shard) => [shard, 1n])));
    expect(lost).toEqual(taken);
    expect(dead.owned()).toEqual([]);
    expect((await readBacklog(pool)).map(({ position }) => position)).toEqual(before);
    expect(taken.every((shard) => dead.leaseLeftMs(shard) < 0)).toBe(true);
  });

  it('takes over the shards of a replica that died although the database’s clock was set back since', async () => {
    await appendTestEvents(pool, 200);
    // As an hour's step leaves it: what was said before lies an hour ahead.
    await pool.queryAll(
      `UPDATE relay_shard SET owner = 'dead#1', epoch = 7, lease_until = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR, lease_ms = 1000;
       INSERT INTO relay_replica VALUES ('dead#1', UTC_TIMESTAMP(3) + INTERVAL 1 HOUR)`,
    );
    const relay = startRelay('b', { leaseMs: 1_000 });
    await until(() => expect(relay.status().shards).toHaveLength(SHARD_COUNT));
    await untilPublished();
    await expectAllInOrder();
  });

  it('takes no shard whose owner renews its lease, wherever the clock says that it ends', async () => {
    const alive = new Leases({ pool, owner: `alive#${randomUUID()}`, leaseMs: 1_000 });
    await alive.renew();
    let looks = 0;
    const other = new Leases({ pool, owner: `other#${randomUUID()}`, leaseMs: 1_000 });
    const startedAt = performance.now();
    while (performance.now() - startedAt < 2_500) {
      // A clock that is set back more and more: each renewal ends earlier than the one before, and lies far ahead.
      looks += 1;
      await pool.query('UPDATE relay_shard SET lease_until = UTC_TIMESTAMP(3) + INTERVAL ? SECOND', [
        3_600 - looks,
      ]);
      expect((await other.renew()).taken).toEqual([]);
    }
    expect(looks).toBeGreaterThan(3);
  });

  it('never moves a cursor back, in whichever order moves arrive', async () => {
    const leases = new Leases({ pool, owner: `a#${randomUUID()}`, leaseMs: 10_000 });
    const { taken } = await leases.renew();
    const [shard] = taken;
    await leases.move(new Map([[shard!, 20n]]));
    // The one before, whose answer never came: its session had waited for the row.
    expect(await leases.move(new Map([[shard!, 10n]]))).toEqual([]);
    expect(shard!.position).toBe(20n);
    const [found] = (await readBacklog(pool)).filter((one) => one.shard === shard!.shard);
    expect(found?.position).toBe(20n);
  });

  it('takes over within a lease time also when it had its share and looks for more only now and then', async () => {
    const leaseMs = 6_000;
    const relay = startRelay('a', { leaseMs });
    const dying = new Leases({ pool, owner: `dying#${randomUUID()}`, leaseMs });
    await until(async () => {
      await dying.renew();
      // Whichever came first took all: it gives the other its share, as every relay does.
      await dying.release(dying.surplus());
      expect([dying.owned().length, relay.status().shards.length]).toEqual([6, 6]);
    });
    // Just after a look of the relay: its looks then come long before the end of this lease and long after it.
    await until(() => expect(relay.status().shards[0]?.leaseLeftMs).toBeGreaterThan(leaseMs - 100));
    await dying.renew();
    await until(() => expect(relay.status().shards).toHaveLength(SHARD_COUNT));
  });

  it('ends every send before its lease ends', async () => {
    await appendTestEvents(pool, 50);
    const timeouts: number[] = [];
    const watching: EventProducer = {
      ...producer,
      async send(batch, options) {
        timeouts.push(options.timeoutMs);
        await producer.send(batch, options);
      },
    };
    startRelay('a', { producer: watching, leaseMs: 1_000, leaseMarginMs: 200, sendTimeoutMs: 60_000 });
    await untilPublished();
    expect(Math.max(...timeouts)).toBeLessThanOrEqual(800);
  });
});
