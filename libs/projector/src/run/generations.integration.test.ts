import { randomBytes } from 'node:crypto';
import type { CassandraSession } from '@meridian/cassandra';
import type { EventEnvelope } from '@meridian/contracts';
import { silentLog } from '@meridian/messaging';
import type { Projection } from '@meridian/projection';
import { levels, pieces, stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import {
  addGeneration,
  compareTable,
  createReader,
  drop,
  GenerationError,
  type GenerationStore,
  progressByRegion,
  promote,
  registerOf,
  rollback,
} from '@meridian/read-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestEngines, type TestEngines } from '../testing/test-engines.ts';
import { feedGenerations } from './feed-generations.ts';
import type { Journal } from './fill.ts';
import type { RunningProjection } from './run-projection.ts';

const PRODUCTS = Array.from({ length: 15 }, (_, index) => `product-${index}`);

/** The same projection with another output: it doubles the pieces on hand. */
const changed: Projection = {
  ...stockProjection,
  version: 2,
  project: (event) =>
    stockProjection.project(event).map((mutation) =>
      mutation.kind === 'write' && mutation.table.name === levels.name
        ? {
            ...mutation,
            cells: { ...mutation.cells, on_hand: 2n * BigInt(String(mutation.cells['on_hand'])) },
          }
        : mutation,
    ),
};

let engines: TestEngines;
let store: GenerationStore;
let running: RunningProjection[];
let recorded: EventEnvelope[];
/** Whether the write side answers. */
let journalIsThere: boolean;
/** Called once a fill has begun. */
let whileFilling: (() => Promise<void>) | undefined;

beforeEach(async () => {
  engines = await openTestEngines();
  const { home: session, keyspace, regions } = engines;
  const { name: projector, contexts } = stockProjection;
  store = { session, keyspace, regions, projector, contexts };
  running = [];
  recorded = [];
  journalIsThere = true;
  whileFilling = undefined;
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await engines.close();
});

/** The journal, as command-service would give it. */
const journal: Journal = {
  head: () =>
    journalIsThere
      ? Promise.resolve(recorded.at(-1)?.position ?? 0n)
      : Promise.reject(new Error('the journal does not answer')),
  async *read({ shard, context, after, until, signal }) {
    const happen = whileFilling;
    whileFilling = undefined;
    await happen?.();
    const events = recorded.filter(
      (event) =>
        event.shard === shard &&
        event.context === context &&
        event.position > after &&
        event.position <= until,
    );
    for (let start = 0; start < events.length; start += 10) {
      signal.throwIfAborted();
      yield await Promise.resolve(events.slice(start, start + 10));
    }
  },
};

async function start(projection: Projection = stockProjection): Promise<RunningProjection> {
  const { home: session, kafka, keyspace, topicPrefix, regions } = engines;
  const one = await feedGenerations({
    projection,
    session,
    kafka,
    keyspace,
    topicPrefix,
    regions,
    journal,
    pollEveryMs: 100,
    log: silentLog,
    sessionTimeoutMs: 6_000,
    onCrash: (error) => {
      throw error;
    },
  });
  running.push(one);
  return one;
}

const changes = Array.from({ length: 500 }, (_, index) => ({
  productId: PRODUCTS[(index * 7) % PRODUCTS.length] ?? '',
  delta: BigInt((index % 5) + 1),
}));
const told = tellStock(changes);

/** Records and publishes some of the events. */
async function record(start: number, end: number): Promise<void> {
  const events = told.slice(start, end);
  recorded.push(...events);
  await engines.publish(events);
}

/** Counts the messages that the consumers of this test are given from now on. */
function messagesReceived(): () => number {
  let count = 0;
  const { kafka } = engines;
  const connect = kafka.consumer.bind(kafka);
  kafka.consumer = (config) => {
    const consumer = connect(config);
    consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => void (count += payload.batchSize));
    return consumer;
  };
  return () => count;
}

async function shown(session: CassandraSession, generation: number) {
  const reader = createReader(session, engines.keyspace, generation);
  const rows = await Promise.all(
    PRODUCTS.map((id) => reader.select(levels, 'product_id, on_hand, version', 'WHERE product_id = ?', [id])),
  );
  const totals = await reader.select(pieces, 'received, events', 'WHERE what = ?', ['all']);
  const sum = (column: string) =>
    totals.reduce((total, row) => total + BigInt(String(row[column] ?? 0n)), 0n);
  return { levels: rows.flat(), received: sum('received'), events: sum('events') };
}

function expected(count: number, factor = 1n) {
  const onHand = new Map<string, { on_hand: bigint; version: bigint }>();
  for (const { productId, delta } of changes.slice(0, count)) {
    const { on_hand, version } = onHand.get(productId) ?? { on_hand: 0n, version: 0n };
    onHand.set(productId, { on_hand: on_hand + delta, version: version + 1n });
  }
  const received = changes.slice(0, count).reduce((sum, { delta }) => sum + delta, 0n);
  return {
    levels: PRODUCTS.flatMap((product_id) => {
      const level = onHand.get(product_id);
      return level ? [{ product_id, on_hand: factor * level.on_hand, version: level.version }] : [];
    }),
    received,
    events: BigInt(count),
  };
}

async function caughtUp(generation: number): Promise<void> {
  const last = new Map(recorded.map(({ shard, position }) => [`inventory/${shard}`, position]));
  const behind = async () => {
    const progress = await progressByRegion(store, generation);
    return engines.regions.flatMap((region) =>
      [...last].filter(
        ([key, position]) => (new Map<string, bigint>(progress.get(region)).get(key) ?? 0n) < position,
      ),
    );
  };
  await expect.poll(behind).toEqual([]);
}

async function rebuilt(version: number): Promise<number> {
  return addGeneration(store.session, store.keyspace, await registerOf(store), {
    version,
    maxEventsPerSecond: 0,
  });
}

describe('generations', () => {
  it('begin with the first, which answers at once', async () => {
    await start();
    await record(0, 100);
    await caughtUp(1);
    expect(await registerOf(store)).toMatchObject({ live: 1, generations: [{ generation: 1, version: 1 }] });
  });

  it('begin with what Kafka no longer holds, from the journal, and go on from Kafka', async () => {
    await record(0, 300);
    await engines.forgetMessages();
    await start();
    await caughtUp(1);
    await record(300, 500);
    await caughtUp(1);
    for (const session of [engines.home, engines.remote])
      expect(await shown(session, 1)).toEqual(expected(500));
  });

  it('are filled on from the journal where Kafka has dropped what came during the fill', async () => {
    await record(0, 200);
    whileFilling = async () => {
      await record(200, 400);
      await engines.forgetMessages();
    };
    await start();
    await caughtUp(1);
    await record(400, 500);
    await caughtUp(1);
    expect(await shown(engines.remote, 1)).toEqual(expected(500));
  });

  it('follow Kafka from where the journal ended, however much Kafka holds', async () => {
    // Random text cannot be compressed, so Kafka gives the partition in several fetches.
    const large = tellStock(Array.from({ length: 1_200 }, () => ({ productId: 'a', delta: 1n })));
    const events = large.map((event) => ({ ...event, traceparent: randomBytes(3_072).toString('base64') }));
    const [before, after] = [events.slice(0, -1), events.slice(-1)];
    recorded.push(...before);
    for (let start = 0; start < before.length; start += 100)
      await engines.publish(before.slice(start, start + 100));
    const received = messagesReceived();
    await start();
    await caughtUp(1);
    recorded.push(...after);
    await engines.publish(after);
    await caughtUp(1);
    expect(received()).toBeGreaterThan(0);
    expect(received()).toBeLessThan(events.length * 0.6);
  });

  it('begin once the journal answers; until then nobody takes them for ready', async () => {
    journalIsThere = false;
    const one = await start();
    await record(0, 100);
    await engines.forgetMessages();
    await expect
      .poll(async () => (await registerOf(store)).generations[0])
      .toMatchObject({ filledAt: undefined });
    expect(one.status()).toMatchObject({ hasJoined: false, assigned: [] });
    journalIsThere = true;
    await caughtUp(1);
    await expect.poll(() => one.status().hasJoined).toBe(true);
    expect(await shown(engines.home, 1)).toEqual(expected(100));
  });

  it('are not ready for a process with none to feed until its own is promoted', async () => {
    const first = await start();
    await expect.poll(() => first.status().hasJoined).toBe(true);
    const second = await start(changed);
    expect(second.status()).toMatchObject({
      hasJoined: false,
      assigned: [],
      generations: [{ generation: 1, isLive: true, isFed: false }],
    });
    await record(0, 100);
    await rebuilt(2);
    await caughtUp(2);
    expect(second.status()).toMatchObject({ hasJoined: false });
    await caughtUp(1);
    await promote(store, 2, 0);
    await expect
      .poll(() => second.status())
      .toMatchObject({
        hasJoined: true,
        generations: [{ generation: 2, isLive: true, isFed: true }],
      });
    expect(first.status()).toMatchObject({ hasJoined: true });
  });

  it('are rebuilt from the journal by a changed projection, then follow Kafka, beside the live one', async () => {
    await start();
    await record(0, 300);
    await caughtUp(1);
    await start(changed);
    expect(await rebuilt(2)).toBe(2);
    await record(300, 500);
    await caughtUp(2);
    await caughtUp(1);
    for (const session of [engines.home, engines.remote]) {
      expect(await shown(session, 2)).toEqual(expected(500, 2n));
      expect(await shown(session, 1)).toEqual(expected(500));
    }
    const { home, keyspace } = engines;
    const compare = { keyspace, from: 1, to: 2, samples: 20 };
    expect(await compareTable(home, { ...compare, table: pieces })).toMatchObject({ sampled: 1, equal: 1 });
    const compared = await compareTable(home, { ...compare, table: levels, samples: 3 });
    expect(compared.equal).toBe(0);
    expect(compared.differences[0]).toMatch(/on_hand is \d+ and \d+/);
  });

  it('go on where they were when a rebuild is ended and begun again', async () => {
    await start();
    await record(0, 400);
    await caughtUp(1);
    const first = await start(changed);
    await rebuilt(2);
    // The first process ends as soon as the second generation has some progress.
    await expect
      .poll(async () => (await progressByRegion(store, 2)).get('eu-west')?.size ?? 0)
      .toBeGreaterThan(0);
    await first.stop();
    running = running.filter((one) => one !== first);
    await record(400, 500);
    await start(changed);
    await caughtUp(2);
    expect(await shown(engines.home, 2)).toEqual(expected(500, 2n));
  });

  it('are promoted only when they are as far as the live one, and rolled back by the same move', async () => {
    await start();
    await record(0, 200);
    await caughtUp(1);
    await rebuilt(2);
    await expect(promote(store, 2, 300)).rejects.toThrow(GenerationError);
    await expect(promote(store, 2, 300)).rejects.toThrow(/is behind the live one/);
    await start(changed);
    await caughtUp(2);
    await promote(store, 2);
    expect(await registerOf(store)).toMatchObject({ live: 2, previous: 1 });
    await expect(drop(store, 2)).rejects.toThrow(/answers questions/);
    expect(await rollback(store)).toBe(1);
    expect(await registerOf(store)).toMatchObject({ live: 1, previous: 2 });
  });

  it('are fed no more once they are dropped', async () => {
    await start();
    await record(0, 100);
    const second = await start(changed);
    await rebuilt(2);
    await caughtUp(2);
    await drop(store, 2);
    await expect.poll(() => second.status().assigned.length).toBe(0);
    await expect(promote(store, 2, 300)).rejects.toThrow(/it was dropped/);
  });

  it('know no rollback before a promotion', async () => {
    await start();
    await expect(rollback(store)).rejects.toThrow(/nothing to go back to/);
  });
});
