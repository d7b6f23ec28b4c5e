import type { CassandraSession, Statement } from '@meridian/cassandra';
import { partitionKey, topicOf, type EventEnvelope } from '@meridian/contracts';
import { silentLog, topicEnds } from '@meridian/messaging';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import { readPartitionProgress, readProgress } from '@meridian/read-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changesOf, expected, shown } from '../testing/stock-shown.ts';
import { openTestEngines, type TestEngines } from '../testing/test-engines.ts';
import { twoRegions, type TwoRegions } from '../testing/two-regions.ts';
import type { RunProjectionOptions } from './options.ts';
import { runProjection, type RunningProjection } from './run-projection.ts';

let engines: TestEngines;
let running: RunningProjection | undefined;
/** By partition: why it is halted. */
let standing: Map<string, string>;

beforeEach(async () => {
  running = undefined;
  standing = new Map();
  engines = await openTestEngines();
});
afterEach(async () => {
  await running?.stop();
  await engines.close();
});

async function start(options: Partial<RunProjectionOptions> = {}): Promise<void> {
  const { home: session, kafka, keyspace, topicPrefix, regions } = engines;
  running = await runProjection({
    projection: stockProjection,
    session,
    kafka,
    keyspace,
    topicPrefix,
    regions,
    log: silentLog,
    sessionTimeoutMs: 6_000,
    observer: { halted: (key, reason) => void standing.set(key, reason ?? 'goes on') },
    onCrash: (error) => {
      throw error;
    },
    ...options,
  });
}

async function stop(): Promise<void> {
  await running?.stop();
  running = undefined;
}

const lastPositions = (events: readonly EventEnvelope[]) =>
  new Map(events.map(({ shard, position }) => [partitionKey('inventory', shard), position]));

async function progressOf(session: CassandraSession, region: string, keyspace = engines.keyspace) {
  const owner = { projector: stockProjection.name, generation: 1, region };
  return (await readProgress(session, keyspace, owner)).positions;
}

const isAt = (events: readonly EventEnvelope[]) =>
  expect.poll(() => progressOf(engines.home, 'eu-west')).toEqual(lastPositions(events));

describe('a projector that was away', () => {
  it('stands still, and says so, where Kafka lost what comes next, and nowhere else', async () => {
    const events = tellStock(changesOf(300));
    const [before, lost, after] = [events.slice(0, 100), events.slice(100, 110), events.slice(110)];
    await engines.publish(before);
    await start();
    await isAt(before);
    await stop();
    await engines.publish(lost);
    await engines.forgetMessages();
    await engines.publish(after);
    await start();
    const holed = new Set(lost.map(({ shard }) => partitionKey('inventory', shard)));
    const reached = lastPositions([
      ...before,
      ...after.filter(({ shard }) => !holed.has(partitionKey('inventory', shard))),
    ]);
    await expect.poll(() => standing).toEqual(new Map([...holed].map((key) => [key, 'lost'])));
    await expect.poll(() => progressOf(engines.home, 'eu-west')).toEqual(reached);
    expect(reached.size).toBeGreaterThan(holed.size);
  });

  it('goes on where nothing is lost: what came twice and is gone was known', async () => {
    const changes = changesOf(300);
    const events = tellStock(changes);
    await engines.publish(events.slice(0, 200));
    await start();
    await isAt(events.slice(0, 200));
    await engines.publish(events.slice(50, 200));
    const owner = { projector: stockProjection.name, generation: 1, region: 'us-east' };
    const passed = async () => {
      const progress = await readPartitionProgress(engines.remote, engines.keyspace, owner);
      return progress.reduce((sum, { nextOffset = 0n }) => sum + nextOffset, 0n);
    };
    const ends = await topicEnds(engines.kafka, [topicOf('inventory', engines.topicPrefix)]);
    await expect.poll(passed).toBe(ends.reduce((sum, { offset }) => sum + offset, 0n));
    await stop();
    await engines.forgetMessages();
    await engines.publish(events.slice(200));
    await start();
    await isAt(events);
    expect(await shown(engines.home, engines.keyspace)).toEqual(expected(changes));
    expect(standing).toEqual(new Map());
  });

  it('takes a Kafka that was emptied and begins anew', async () => {
    const changes = changesOf(300);
    const events = tellStock(changes);
    await engines.publish(events.slice(0, 200));
    await start();
    await isAt(events.slice(0, 200));
    await stop();
    await engines.emptyTopic();
    await engines.publish(events);
    await start();
    await isAt(events);
    expect(await shown(engines.home, engines.keyspace)).toEqual(expected(changes));
  });

  it('stands still when a Kafka that was emptied is filled from too far on', async () => {
    const events = tellStock(changesOf(300));
    await engines.publish(events.slice(0, 100));
    await start();
    await isAt(events.slice(0, 100));
    await stop();
    await engines.emptyTopic();
    await engines.publish(events.slice(200));
    await start();
    const keys = new Set(lastPositions(events.slice(200)).keys());
    await expect.poll(() => new Set(standing.keys())).toEqual(keys);
    expect(await progressOf(engines.home, 'eu-west')).toEqual(lastPositions(events.slice(0, 100)));
  });
});

describe('a projector that stops in the middle of a batch', () => {
  it('records what it has written: the next version, which may park it, must not see it as new', async () => {
    const events = tellStock(changesOf(60));
    const writing = Promise.withResolvers<void>();
    const stopping = Promise.withResolvers<void>();
    const { home } = engines;
    const isRow = ({ cql }: Statement) => cql.includes('test_level');
    await start({
      session: {
        ...home,
        async batch(statements, options) {
          if (statements.some(isRow)) {
            writing.resolve();
            await stopping.promise;
          }
          return home.batch(statements, options);
        },
      },
    });
    await engines.publish(events);
    await writing.promise;
    const stopped = stop();
    stopping.resolve();
    await stopped;
    const written = await progressOf(home, 'eu-west');
    const { events: counted } = (await shown(home, engines.keyspace)).total;
    expect(counted).toBeGreaterThan(0n);
    const recorded = events.filter(
      ({ shard, position }) => position <= (written.get(partitionKey('inventory', shard)) ?? 0n),
    );
    expect(counted).toBe(BigInt(recorded.length));
  });
});

describe('a projector that begins', () => {
  it('stands still when Kafka does not hold the beginning', async () => {
    const events = tellStock(changesOf(200));
    await engines.publish(events.slice(0, 100));
    await engines.forgetMessages();
    await engines.publish(events.slice(100));
    await start();
    const keys = new Set(lastPositions(events.slice(0, 100)).keys());
    await expect.poll(() => new Set(standing.keys())).toEqual(keys);
    expect(await progressOf(engines.home, 'eu-west')).toEqual(new Map());
  });
});

describe('a change of the home region', () => {
  const changes = changesOf(400);
  const events = tellStock(changes);
  let elsewhere: string;
  let regions: TwoRegions;

  beforeEach(async () => {
    elsewhere = await engines.secondKeyspace();
    regions = twoRegions(engines.home, engines.keyspace, elsewhere);
  });

  /** Leaves the other region behind at 150. The old home and the group's offsets are at 300 then. */
  async function leaveBehind(): Promise<void> {
    const { connectRegion, home } = regions;
    await engines.publish(events.slice(0, 150));
    await start({ session: home, connectRegion, regionTimeoutMs: 500 });
    await isAt(events.slice(0, 150));
    await expect
      .poll(() => progressOf(regions.remote, 'us-east'))
      .toEqual(lastPositions(events.slice(0, 150)));
    regions.reachable = false;
    await engines.publish(events.slice(150, 300));
    await isAt(events.slice(0, 300));
    await stop();
    regions.reachable = true;
    expect(await progressOf(regions.remote, 'us-east')).toEqual(lastPositions(events.slice(0, 150)));
  }

  const startAtNewHome = () =>
    start({
      session: twoRegions(engines.home, elsewhere, engines.keyspace).home,
      keyspace: elsewhere,
      regions: ['us-east', 'eu-west'],
    });

  async function bothShow(count: number): Promise<void> {
    const reached = lastPositions(events.slice(0, count));
    await expect.poll(() => progressOf(regions.remote, 'us-east')).toEqual(reached);
    await expect.poll(() => progressOf(engines.home, 'eu-west')).toEqual(reached);
    expect(await shown(regions.remote, engines.keyspace)).toEqual(expected(changes.slice(0, count)));
    expect(await shown(engines.home, engines.keyspace)).toEqual(expected(changes.slice(0, count)));
  }

  it('goes on from the new home’s progress, which lies behind the offsets of the group', async () => {
    await leaveBehind();
    await engines.publish(events.slice(300));
    await startAtNewHome();
    await bothShow(400);
  });

  it('goes on from there, too, while nothing new is published', async () => {
    await leaveBehind();
    await startAtNewHome();
    await bothShow(300);
    await engines.publish(events.slice(300));
    await bothShow(400);
  });
});
