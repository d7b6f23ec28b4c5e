import { partitionKey, type EventEnvelope } from '@meridian/contracts';
import { silentLog } from '@meridian/messaging';
import type { FedProjection } from '@meridian/projection';
import { tellStock } from '@meridian/projection/testing/stock-projection';
import {
  askToRetryOrDiscard,
  parkedAggregates,
  type ParkingAction,
  readParkingRequest,
  readProgress,
} from '@meridian/read-store';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProjection, type RunningProjection } from '../run/run-projection.ts';
import { listedIn, mendedAt, rankedStock } from '../testing/ranked-stock.ts';
import { openTestEngines, type TestEngines } from '../testing/test-engines.ts';

/** Pear and fig have 5, then 50 by an event that cannot be applied, then 55, and later 60. */
const events = tellStock(
  ['pear', 'fig'].flatMap((productId) => [5n, 45n, 5n, 5n].map((delta) => ({ productId, delta }))),
  10n,
);
const ofProduct = (id: string) => events.filter(({ aggregateId }) => aggregateId === id);
let isMended = false;

const projection: FedProjection = {
  ...rankedStock,
  project(event) {
    if (event.version === 2n && !isMended) throw new Error('a bug in the projection');
    return rankedStock.project(event);
  },
};

let engines: TestEngines;
let running: RunningProjection;

beforeAll(async () => {
  engines = await openTestEngines();
  const { home: session, kafka, keyspace, topicPrefix, regions } = engines;
  running = await runProjection({
    projection,
    session,
    kafka,
    keyspace,
    topicPrefix,
    regions,
    log: silentLog,
    sessionTimeoutMs: 6_000,
    onCrash: (error) => {
      throw error;
    },
  });
});
afterAll(async () => {
  await running.stop();
  await engines.close();
});

async function publish(events: readonly EventEnvelope[]): Promise<void> {
  await engines.publish(events);
  const owner = { projector: projection.name, generation: 1, region: 'us-east' };
  const read = async () => (await readProgress(engines.remote, engines.keyspace, owner)).positions;
  for (const { shard, position } of events)
    await expect
      .poll(async () => (await read()).get(partitionKey('inventory', shard)) ?? 0n)
      .toBeGreaterThanOrEqual(position);
}

async function ask(action: ParkingAction): Promise<void> {
  const owner = { keyspace: engines.keyspace, projector: projection.name, generation: 1 };
  const [aggregate] = await parkedAggregates(engines.home, engines.keyspace, projection.name, 1);
  if (!aggregate) throw new Error('nothing is parked');
  await askToRetryOrDiscard(engines.home, owner, aggregate, action);
  const outcome = async () => (await readParkingRequest(engines.home, owner, aggregate))?.outcome;
  await expect.poll(outcome).toBe('done');
}

async function listed(): Promise<readonly string[]> {
  const [home, remote] = await Promise.all(
    [engines.home, engines.remote].map((session) => listedIn(session, engines.keyspace)),
  );
  expect(remote).toEqual(home);
  return home ?? [];
}

it('a discarded event leaves no row in the list that it would have moved its aggregate from', async () => {
  const pear = ofProduct('pear');
  await publish(pear.slice(0, 3));
  expect(await listed()).toEqual(['1 pear 5 v1']);
  await ask('discard');
  expect(await listed()).toEqual([]);
  // The mended row is above the events that were given up, and below the delete of the next event.
  const [, , lastGivenUp] = pear;
  for (const session of [engines.home, engines.remote])
    expect(await mendedAt(session, engines.keyspace, 'pear')).toBe(2n * (lastGivenUp?.position ?? 0n) + 1n);
  isMended = true;
  await publish(pear.slice(3));
  expect(await listed()).toEqual(['2 pear 60 v4']);
});

it('an event that is applied in the end moves its aggregate as ever', async () => {
  const fig = ofProduct('fig');
  isMended = false;
  await publish(fig.slice(0, 3));
  expect(await listed()).toEqual(['1 fig 5 v1', '2 pear 60 v4']);
  isMended = true;
  await ask('retry');
  expect(await listed()).toEqual(['2 fig 55 v3', '2 pear 60 v4']);
  await publish(fig.slice(3));
  expect(await listed()).toEqual(['2 fig 60 v4', '2 pear 60 v4']);
});
