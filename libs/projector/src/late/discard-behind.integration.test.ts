import { partitionKey, type EventEnvelope } from '@meridian/contracts';
import { silentLog } from '@meridian/messaging';
import type { FedProjection } from '@meridian/projection';
import { stockProjection, tellStock } from '@meridian/projection/testing/stock-projection';
import {
  askToRetryOrDiscard,
  parkedAggregates,
  readParkingRequest,
  readProgress,
} from '@meridian/read-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ProjectionObserver } from '../partition/observer.ts';
import { runProjection, type RunningProjection } from '../run/run-projection.ts';
import { changesOf, shown } from '../testing/stock-shown.ts';
import { openTestEngines, type TestEngines } from '../testing/test-engines.ts';
import { twoRegions, type TwoRegions } from '../testing/two-regions.ts';

const POISON = 'product-7';
const events = tellStock(changesOf(300));
const bad = events.filter(({ aggregateId }) => aggregateId === POISON)[5];

/** Fails on one event, and takes the events after it. */
const projection: FedProjection = {
  ...stockProjection,
  project(event) {
    if (event.position === bad?.position) throw new Error('a bug in the projection');
    return stockProjection.project(event);
  },
};

let engines: TestEngines;
let regions: TwoRegions;
let running: RunningProjection | undefined;

beforeEach(async () => {
  engines = await openTestEngines();
  const elsewhere = await engines.secondKeyspace();
  regions = twoRegions(engines.home, engines.keyspace, elsewhere);
});
afterEach(async () => {
  await running?.stop();
  await engines.close();
});

async function isAt(region: 'eu-west' | 'us-east', published: readonly EventEnvelope[]): Promise<void> {
  const session = region === 'eu-west' ? regions.home : regions.remote;
  const owner = { projector: projection.name, generation: 1, region };
  const read = async () => (await readProgress(session, engines.keyspace, owner)).positions;
  const last = new Map(published.map(({ shard, position }) => [partitionKey('inventory', shard), position]));
  await expect.poll(read).toEqual(last);
}

async function start(
  names: readonly string[],
  observer: ProjectionObserver = {},
  session = regions.home,
): Promise<void> {
  const { kafka, keyspace, topicPrefix } = engines;
  running = await runProjection({
    projection,
    session,
    kafka,
    keyspace,
    topicPrefix,
    observer,
    regions: names,
    connectRegion: (region) => regions.connectRegion(region),
    regionTimeoutMs: 500,
    maxEventsPerFold: 20,
    sessionTimeoutMs: 6_000,
    log: silentLog,
    onCrash: (error) => {
      throw error;
    },
  });
}

/** Asks for the discard of what is parked. Gives the request as it is found from then on. */
async function askToDiscard() {
  const { keyspace } = engines;
  const owner = { keyspace, projector: projection.name, generation: 1 };
  const [aggregate] = await parkedAggregates(regions.home, keyspace, projection.name, 1);
  if (!aggregate) throw new Error('nothing is parked');
  // The operator is in the home region, and cannot reach the other region either.
  const session: typeof regions.home = {
    ...engines.home,
    execute: (cql, params) => engines.home.execute(cql, params, { consistency: 'LOCAL_QUORUM' }),
  };
  await askToRetryOrDiscard(session, owner, aggregate, 'discard');
  return () => readParkingRequest(session, owner, aggregate);
}

it('a discard waits for a region that is left behind, so that both show the same afterwards', async () => {
  const { keyspace } = engines;
  await start(engines.regions);
  await engines.publish(events.slice(0, 40));
  await isAt('us-east', events.slice(0, 40));
  regions.reachable = false;
  await engines.publish(events.slice(40));
  await isAt('eu-west', events);

  const found = await askToDiscard();
  await expect.poll(found).toMatchObject({ detail: 'waits for region us-east to catch up' });
  expect((await found())?.outcome).toBeUndefined();

  regions.reachable = true;
  await expect.poll(found).toMatchObject({ outcome: 'done' });
  await isAt('us-east', events);
  expect(await shown(regions.remote, keyspace)).toEqual(await shown(regions.home, keyspace));
});

it('a region that is added after a discard does not apply what was discarded', async () => {
  const { keyspace } = engines;
  // As if the keyspace did not name the other region yet.
  await start(['eu-west'], {}, engines.home);
  await engines.publish(events);
  await isAt('eu-west', events);
  const found = await askToDiscard();
  await expect.poll(found).toMatchObject({ outcome: 'done' });
  await running?.stop();

  const told: { partitions?: number; lost?: number } = {};
  await start(engines.regions, {
    regionBehind: (_region, partitions, lost) => Object.assign(told, { partitions, lost }),
  });
  // All other partitions are brought back.
  await expect.poll(() => told).toEqual({ partitions: 1, lost: 1 });
  const away = partitionKey('inventory', bad?.shard ?? 0);
  const owner = { projector: projection.name, generation: 1, region: 'us-east' };
  const { positions } = await readProgress(regions.remote, keyspace, owner);
  expect(positions.has(away)).toBe(false);
  const { levels } = await shown(regions.remote, keyspace);
  expect(levels.map((row) => row['product_id'])).not.toContain(POISON);
  expect(levels.length).toBeGreaterThan(0);
});
