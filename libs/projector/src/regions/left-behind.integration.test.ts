import { randomBytes } from 'node:crypto';
import type { CassandraSession } from '@meridian/cassandra';
import { partitionKey, type EventEnvelope } from '@meridian/contracts';
import { silentLog } from '@meridian/messaging';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import { readProgress } from '@meridian/read-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectionObserver } from '../partition/observer.ts';
import { runProjection, type RunningProjection } from '../run/run-projection.ts';
import { changesOf, expected, shown } from '../testing/stock-shown.ts';
import { openTestEngines, type TestEngines } from '../testing/test-engines.ts';
import { twoRegions, type TwoRegions } from '../testing/two-regions.ts';

let engines: TestEngines;
let regions: TwoRegions;
let running: RunningProjection | undefined;

beforeEach(async () => {
  running = undefined;
  engines = await openTestEngines();
  const elsewhere = await engines.secondKeyspace();
  regions = twoRegions(engines.home, engines.keyspace, elsewhere);
});
afterEach(async () => {
  await running?.stop();
  await engines.close();
});

async function start(
  observer: ProjectionObserver = {},
  session: CassandraSession = regions.home,
): Promise<RunningProjection> {
  const { kafka, keyspace, topicPrefix } = engines;
  running = await runProjection({
    projection: stockProjection,
    session,
    kafka,
    keyspace,
    topicPrefix,
    observer,
    regions: engines.regions,
    connectRegion: (region) => regions.connectRegion(region),
    regionTimeoutMs: 500,
    log: silentLog,
    maxEventsPerFold: 20,
    sessionTimeoutMs: 6_000,
    onCrash: (error) => {
      throw error;
    },
  });
  return running;
}

const lastPositions = (events: readonly EventEnvelope[]) =>
  new Map(events.map(({ shard, position }) => [partitionKey('inventory', shard), position]));

async function progressOf(region: 'eu-west' | 'us-east') {
  const session = region === 'eu-west' ? regions.home : regions.remote;
  const owner = { projector: stockProjection.name, generation: 1, region };
  return (await readProgress(session, engines.keyspace, owner)).positions;
}

const isAt = (region: 'eu-west' | 'us-east', events: readonly EventEnvelope[]) =>
  expect.poll(() => progressOf(region)).toEqual(lastPositions(events));

/** Publishes events. The far region gets so many of them, and then does not answer while home gets the rest. */
async function leaveBehind(events: readonly EventEnvelope[], reached: number): Promise<void> {
  await engines.publish(events.slice(0, reached));
  await isAt('us-east', events.slice(0, reached));
  regions.reachable = false;
  await engines.publish(events.slice(reached));
  await isAt('eu-west', events);
}

describe('a region that does not answer', () => {
  it('is left behind without holding up the others, and brought back before its progress moves', async () => {
    const changes = changesOf(600);
    const events = tellStock(changes);
    let behind = 0;
    await start({ regionBehind: (_region, partitions) => (behind = partitions) });
    await engines.publish(events.slice(0, 200));
    await isAt('us-east', events.slice(0, 200));

    regions.reachable = false;
    await engines.publish(events.slice(200, 500));
    await isAt('eu-west', events.slice(0, 500));
    expect(await shown(regions.home, engines.keyspace)).toEqual(expected(changes.slice(0, 500)));
    expect(await progressOf('us-east')).toEqual(lastPositions(events.slice(0, 200)));
    expect(await shown(regions.remote, engines.keyspace)).toEqual(expected(changes.slice(0, 200)));
    await expect.poll(() => behind).toBeGreaterThan(0);

    regions.reachable = true;
    await engines.publish(events.slice(500));
    await isAt('us-east', events);
    expect(await shown(regions.remote, engines.keyspace)).toEqual(expected(changes));
    await isAt('eu-west', events);
    await expect.poll(() => behind).toBe(0);
  });

  it('is not waited for: it is asked now and then, not with every write', async () => {
    const events = tellStock(changesOf(800));
    await start();
    regions.reachable = false;
    await engines.publish(events);
    await isAt('eu-west', events);
    expect(regions.refused()).toBeLessThan(100);
  });

  it('is brought back by the next process, too', async () => {
    const changes = changesOf(400);
    const events = tellStock(changes);
    const first = await start();
    await leaveBehind(events, 150);
    await first.stop();
    regions.reachable = true;
    await start();
    await isAt('us-east', events);
    expect(await shown(regions.remote, engines.keyspace)).toEqual(expected(changes));
  });

  it('is brought back by a process that could not read the store when it took the partitions over', async () => {
    const events = tellStock(changesOf(400));
    const first = await start();
    await leaveBehind(events, 150);
    await first.stop();
    regions.reachable = true;
    let refused = 0;
    const { home } = regions;
    const execute = async (...[cql, ...rest]: Parameters<CassandraSession['execute']>) => {
      if (cql.startsWith('SELECT') && cql.includes('parked_aggregate') && ++refused <= 3)
        throw new Error('home does not answer');
      return home.execute(cql, ...rest);
    };
    await start({}, { ...home, execute });
    // No event is published any more, so no partition gets a batch.
    await isAt('us-east', events);
    expect(refused).toBeGreaterThan(3);
  });

  it('keeps what was brought back when the rest fails: its progress moves by partition', async () => {
    const changes = changesOf(400);
    const events = tellStock(changes);
    await start();
    await leaveBehind(events, 100);
    const [first, last] = [events[0], events.at(-1)];
    if (!first || !last) throw new Error('there are events');
    regions.refuses = ({ params }) => params.includes(first.aggregateId);
    regions.reachable = true;
    const others = (some: readonly EventEnvelope[]) => some.filter(({ shard }) => shard !== first.shard);
    const held = events.slice(0, 100).filter(({ shard }) => shard === first.shard);
    await isAt('us-east', [...others(events), ...held]);
    regions.refuses = () => false;
    await isAt('us-east', events);
    expect(await shown(regions.remote, engines.keyspace)).toEqual(expected(changes));
  });

  it('is brought back in several partitions at once, and one that fails holds up no other', async () => {
    const changes = changesOf(400);
    const events = tellStock(changes);
    await start();
    await leaveBehind(events, 100);
    const failing = events[0]?.aggregateId;
    const shardOfFailing = events[0]?.shard;
    const shardOfProduct = new Map(events.map(({ aggregateId, shard }) => [aggregateId, shard]));
    // The region answers nothing until it was asked to write events of three partitions.
    const asked = new Set<number>();
    const three = Promise.withResolvers<void>();
    regions.awaits = (statements) => {
      const shards = statements.flatMap(({ params }) =>
        params.flatMap((value) => shardOfProduct.get(String(value)) ?? []),
      );
      for (const shard of shards) asked.add(shard);
      if (asked.size >= 3) three.resolve();
      return shards.length > 0 ? three.promise : undefined;
    };
    regions.refuses = ({ params }) => params.includes(failing);
    regions.reachable = true;
    const others = events.filter(({ shard }) => shard !== shardOfFailing);
    const held = events.slice(0, 100).filter(({ shard }) => shard === shardOfFailing);
    await isAt('us-east', [...others, ...held]);
    regions.refuses = () => false;
    await isAt('us-east', events);
    expect(await shown(regions.remote, engines.keyspace)).toEqual(expected(changes));
  });

  it('keeps what was brought back of a partition: its progress moves by piece, over a restart, too', async () => {
    // These are more events than one fetch brings: Kafka gives a megabyte of a partition at a time, and random text
    // cannot be compressed.
    const changes = Array.from({ length: 150 }, (_, index) => ({
      productId: 'product-1',
      delta: index === 0 ? 1_000n : -1n,
      reason: randomBytes(12_000).toString('base64'),
    }));
    const events = tellStock(changes);
    const first = await start();
    await engines.publish(events.slice(0, 1));
    await isAt('us-east', events.slice(0, 1));
    regions.reachable = false;
    for (let from = 1; from < events.length; from += 30)
      await engines.publish(events.slice(from, Math.min(from + 30, events.length)));
    await isAt('eu-west', events);
    // The region refuses these levels: the stock after the 140th change and after later ones.
    regions.refuses = ({ params }) => params.some((n) => typeof n === 'bigint' && n > 850n && n <= 861n);
    regions.reachable = true;
    const reached = async () => Number([...(await progressOf('us-east')).values()][0] ?? 0n);
    await expect.poll(reached).toBeGreaterThan(1);
    const before = await reached();
    expect(before).toBeLessThan(140);
    // The next process goes on at the progress, and not where the first process began.
    await first.stop();
    const writtenAgain: number[] = [];
    regions.refuses = ({ cql, params }) => {
      const left = params.find((n) => typeof n === 'bigint' && n >= 850n);
      if (cql.includes('test_level') && typeof left === 'bigint') writtenAgain.push(1_001 - Number(left));
      return false;
    };
    await start();
    await isAt('us-east', events);
    expect(Math.min(...writtenAgain)).toBeGreaterThan(before);
  });

  it('is brought back where Kafka has dropped all before what it lacks, or where it lacks nothing', async () => {
    const changes = changesOf(104);
    const events = tellStock(changes);
    const first = await start();
    await engines.publish(events.slice(0, 100));
    await isAt('us-east', events.slice(0, 100));
    await first.stop();
    await engines.forgetMessages();
    regions.reachable = false;
    const told: { readonly behind: number; readonly lost: number }[] = [];
    await start({ regionBehind: (_region, behind, lost) => void told.push({ behind, lost }) });
    await engines.publish(events.slice(100));
    await isAt('eu-west', events);
    await expect.poll(() => told.at(-1)?.behind).toBe(lastPositions(events).size);
    regions.reachable = true;
    await expect.poll(() => told.at(-1)?.behind).toBe(0);
    await isAt('us-east', events);
    expect(await shown(regions.remote, engines.keyspace)).toEqual(expected(changes));
    expect(Math.max(...told.map(({ lost }) => lost))).toBe(0);
  });

  it('stands still, and it is said, when Kafka no longer holds what it lacks', async () => {
    const changes = changesOf(300);
    const events = tellStock(changes);
    let lost = 0;
    await start({ regionBehind: (_region, _partitions, gone) => (lost = gone) });
    await leaveBehind(events, 100);
    await engines.forgetMessages();
    regions.reachable = true;
    await expect.poll(() => lost).toBeGreaterThan(0);
    expect(await progressOf('us-east')).toEqual(lastPositions(events.slice(0, 100)));
    expect(await shown(regions.home, engines.keyspace)).toEqual(expected(changes));
  });
});
