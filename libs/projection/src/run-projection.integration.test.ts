import { partitionKey, type EventEnvelope } from '@meridian/contracts';
import { silentLog } from '@meridian/messaging';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CassandraSession } from '@meridian/cassandra';
import { readProgress } from './progress.ts';
import { createReader } from './reader.ts';
import { runProjection, type RunningProjection, type RunProjectionOptions } from './run-projection.ts';
import { levels, pieces, receipts, stockProjection, tellStock } from './testing/stock-projection.ts';
import { openTestEngines, type TestEngines } from './testing/test-engines.ts';

const PRODUCTS = Array.from({ length: 20 }, (_, index) => `product-${index}`);

let engines: TestEngines;
let running: RunningProjection[];

beforeEach(async () => {
  running = [];
  engines = await openTestEngines();
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await engines.close();
});

async function start(options: Partial<RunProjectionOptions> = {}): Promise<RunningProjection> {
  const { home: session, kafka, keyspace, topicPrefix, regions } = engines;
  const projection = await runProjection({
    ...{ projection: stockProjection, session, kafka, keyspace, topicPrefix, regions },
    log: silentLog,
    sessionTimeoutMs: 6_000,
    onCrash: (error) => {
      throw error;
    },
    ...options,
  });
  running.push(projection);
  return projection;
}

/** The last position of every partition, as published. */
function lastPositions(events: readonly EventEnvelope[]): ReadonlyMap<string, bigint> {
  return new Map(events.map(({ shard, position }) => [partitionKey('inventory', shard), position]));
}

async function progressIs(session: CassandraSession, region: string, events: readonly EventEnvelope[]) {
  const owner = { projector: stockProjection.name, generation: 1, region };
  const read = async () => (await readProgress(session, engines.keyspace, owner)).positions;
  await expect.poll(read, { timeout: 30_000, interval: 50 }).toEqual(lastPositions(events));
}

/** What a region shows: stock levels, receipts and the total over all Kafka partitions. */
async function shown(session: CassandraSession) {
  const reader = createReader(session, engines.keyspace, 1);
  const rowsOf = await Promise.all(
    PRODUCTS.map((id) => reader.select(levels, 'product_id, on_hand, version', 'WHERE product_id = ?', [id])),
  );
  const shared = await reader.select(receipts, 'product_id, received, adjusted', 'WHERE bucket = ?', [0]);
  const totals = await reader.select(pieces, 'received, adjusted, events', 'WHERE what = ?', ['all']);
  const sum = (column: string) =>
    totals.reduce((total, row) => total + BigInt(String(row[column] ?? 0n)), 0n);
  return {
    levels: rowsOf.flat(),
    receipts: shared,
    total: { received: sum('received'), adjusted: sum('adjusted'), events: sum('events') },
  };
}

/** The same by hand: a fold of the events without the runtime. */
function expected(changes: readonly { productId: string; delta: bigint }[]) {
  const stocks = new Map<string, { onHand: bigint; version: bigint; received?: bigint; adjusted?: bigint }>();
  const total = { received: 0n, adjusted: 0n, events: 0n };
  for (const { productId, delta } of changes) {
    const stock = stocks.get(productId) ?? { onHand: 0n, version: 0n };
    const found = stock.onHand + delta < 0n ? -stock.onHand : delta;
    if (delta > 0n) total.received += delta;
    else total.adjusted += found;
    total.events += 1n;
    stocks.set(productId, {
      ...stock,
      onHand: stock.onHand + found,
      version: stock.version + 1n,
      ...(delta > 0n ? { received: delta } : { adjusted: found }),
    });
  }
  const inOrder = PRODUCTS.flatMap((productId) => {
    const stock = stocks.get(productId);
    return stock ? [{ product_id: productId, ...stock }] : [];
  });
  // A row is there unless its last word was an adjustment to nothing.
  const there = inOrder.filter(({ onHand }) => onHand > 0n);
  return {
    levels: there.map(({ product_id, onHand, version }) => ({ product_id, on_hand: onHand, version })),
    receipts: inOrder
      .map(({ product_id, received = null, adjusted = null }) => ({ product_id, received, adjusted }))
      .sort((a, b) => (a.product_id < b.product_id ? -1 : 1)),
    total,
  };
}

/** Changes that look random and are the same in every run. */
function changesOf(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    productId: PRODUCTS[(index * 7) % PRODUCTS.length] ?? '',
    delta: BigInt(((index * 37) % 11) - 4),
  })).map((change) => ({ ...change, delta: change.delta === 0n ? 1n : change.delta }));
}

describe('a projection at work', () => {
  it('shows in both regions what a fold of the events shows, totals included', async () => {
    const changes = changesOf(600);
    const events = tellStock(changes);
    await engines.publish(events);
    await start();
    for (const [region, session] of [
      ['eu-west', engines.home],
      ['us-east', engines.remote],
    ] as const) {
      await progressIs(session, region, events);
      expect(await shown(session), region).toEqual(expected(changes));
    }
  });

  it('takes events again, one by one and whole batches at new offsets, without any effect', async () => {
    const changes = changesOf(300);
    const events = tellStock(changes);
    await engines.publish(events.slice(0, 200));
    await engines.publish(events.slice(50, 200));
    await engines.publish(events.slice(199, 200));
    await engines.publish(events.slice(100));
    await engines.publish(events);
    await start({ maxEventsPerFold: 7 });
    await progressIs(engines.home, 'eu-west', events);
    expect(await shown(engines.home)).toEqual(expected(changes));
  });

  it('goes on where it was after a restart, and applies what lies before its progress without any effect', async () => {
    const changes = changesOf(400);
    const events = tellStock(changes);
    await engines.publish(events.slice(0, 250));
    const first = await start();
    await progressIs(engines.home, 'eu-west', events.slice(0, 250));
    await first.stop();
    running = [];
    // The group is forgotten: everything comes again from the beginning, behind a progress that stands.
    const admin = engines.kafka.admin();
    await admin.connect();
    await admin.deleteGroups([`${engines.topicPrefix}.projector.${stockProjection.name}.g1`]);
    await admin.disconnect();
    await engines.publish(events.slice(250));
    await start({ maxEventsPerFold: 11 });
    await progressIs(engines.home, 'eu-west', events);
    expect(await shown(engines.home)).toEqual(expected(changes));
  });

  it('keeps totals exact when members join and leave in the middle', async () => {
    const changes = changesOf(1_500);
    const events = tellStock(changes);
    const first = await start({ maxEventsPerFold: 5 });
    await engines.publish(events.slice(0, 500));
    const second = await start({ maxEventsPerFold: 5 });
    await engines.publish(events.slice(500, 1_000));
    await expect.poll(() => second.status().assigned.length, { timeout: 30_000 }).toBeGreaterThan(0);
    await first.stop();
    running = [second];
    await engines.publish(events.slice(1_000));
    await progressIs(engines.home, 'eu-west', events);
    expect(await shown(engines.home)).toEqual(expected(changes));
  });

  it('waits for a store that is away and skips nothing', async () => {
    const changes = changesOf(200);
    const events = tellStock(changes);
    let failures = 0;
    // The session stands for a store that refuses for a while; what it passes on is real.
    const failing: CassandraSession = {
      ...engines.home,
      execute: (cql, params, options) =>
        cql.startsWith('INSERT') && failures++ < 30
          ? Promise.reject(new Error('the store is away'))
          : engines.home.execute(cql, params, options),
    };
    await engines.publish(events);
    await start({ session: failing });
    await progressIs(engines.home, 'eu-west', events);
    expect(failures).toBeGreaterThan(30);
    expect(await shown(engines.home)).toEqual(expected(changes));
  });
});
