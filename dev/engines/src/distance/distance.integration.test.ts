import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contactPointsOf, engineEnvironment } from '../addresses.ts';
import { killEngine, restartEngine } from '../control-engine.ts';
import { DistanceError } from '../errors.ts';
import {
  probeCassandraRing,
  resultOf,
  runCql,
  type Asked,
  type NodeAddress,
} from '../probes/cassandra-probe.ts';
import { parseHostPort } from '../probes/exchange.ts';
import { startEngines } from '../start-engines.ts';
import { stopEngines } from '../stop-engines.ts';
import { setDistance } from './control-distance.ts';

// Two nodes per region: a quorum is both, so that each write crosses a region. MySQL may be another's.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !name.startsWith('MERIDIAN_') || name === 'MERIDIAN_MYSQL_URL',
  ),
);
const NODES = 2;
/** Far more than a write within a region takes at its fastest; less than the time-out of a write. */
const DISTANCE_MS = 600;
const REGIONS = ['eu-west', 'us-east'];
const timeoutMs = 20_000;
let dataFolder = '';
let places: Record<string, string> = {};

function nodesOf(region: string, from = region): readonly NodeAddress[] {
  return contactPointsOf(places, region, from).flatMap((address) => parseHostPort(address) ?? []);
}

async function took(node: NodeAddress, cql: string, consistency: Asked['consistency']): Promise<number> {
  const sinceMs = performance.now();
  expect(await resultOf(node, { cql, consistency, timeoutMs })).toBeDefined();
  return performance.now() - sinceMs;
}

const WRITE = 'INSERT INTO far.rows (id, at) VALUES (1, 1)';

beforeAll(async () => {
  dataFolder = realpathSync(mkdtempSync(join(tmpdir(), 'meridian-distance-')));
  const start = { dataFolder, environment, nodesPerRegion: NODES, distanceMs: 80 };
  const { addresses } = await startEngines(start);
  places = engineEnvironment(addresses);
  const [first] = nodesOf('eu-west');
  if (first === undefined) throw new Error('the home region has no node');
  const replicas = `{'class': 'NetworkTopologyStrategy', 'eu-west': ${NODES}, 'us-east': ${NODES}}`;
  expect(await runCql(first, `CREATE KEYSPACE far WITH replication = ${replicas}`)).toBe(true);
  expect(await runCql(first, 'CREATE TABLE far.rows (id int PRIMARY KEY, at int)')).toBe(true);
});

afterAll(async () => {
  await stopEngines(dataFolder);
  rmSync(dataFolder, { recursive: true, force: true });
});

describe.sequential('engines with a distance between their regions', () => {
  it('are one cluster', async () => {
    for (const region of REGIONS)
      for (const node of nodesOf(region)) {
        expect(await probeCassandraRing(node, 2 * NODES - 1)).toBe(true);
        // A node that does not know the table yet fails.
        await expect.poll(() => runCql(node, WRITE)).toBe(true);
      }
  });

  it('write near within a region, and not faster than the distance in both', async () => {
    await setDistance(dataFolder, DISTANCE_MS);
    for (const node of REGIONS.flatMap((region) => nodesOf(region))) {
      // At its fastest, also where the machine is busy.
      await expect
        .poll(() => took(node, WRITE, 'LOCAL_QUORUM'), { timeout: timeoutMs })
        .toBeLessThan(DISTANCE_MS);
      expect(await took(node, WRITE, 'EACH_QUORUM')).toBeGreaterThanOrEqual(DISTANCE_MS);
    }
  });

  it('answer the clients of another region not faster than the distance', async () => {
    for (const node of nodesOf('us-east', 'eu-west'))
      expect(await took(node, WRITE, 'LOCAL_QUORUM')).toBeGreaterThanOrEqual(DISTANCE_MS);
    for (const node of nodesOf('eu-west', 'us-east'))
      expect(await took(node, WRITE, 'LOCAL_QUORUM')).toBeGreaterThanOrEqual(DISTANCE_MS);
  });

  it('may lose their distance while they run', async () => {
    await setDistance(dataFolder, 0);
    const [node] = nodesOf('eu-west');
    if (node === undefined) throw new Error('the home region has no node');
    await expect
      .poll(() => took(node, WRITE, 'EACH_QUORUM'), { timeout: timeoutMs })
      .toBeLessThan(DISTANCE_MS);
  });

  it('let a killed node in again', async () => {
    await killEngine(dataFolder, 'cassandra-us-east-2');
    await restartEngine(dataFolder, 'cassandra-us-east-2');
    const [node] = nodesOf('eu-west');
    if (node === undefined) throw new Error('the home region has no node');
    const isWhole = () => probeCassandraRing(node, 2 * NODES - 1);
    await expect.poll(isWhole, { timeout: 60_000 }).toBe(true);
  });

  it('keep their distance at the next start, with the same addresses', async () => {
    await setDistance(dataFolder, 80);
    await stopEngines(dataFolder);
    const again = await startEngines({ dataFolder, environment });
    expect(engineEnvironment(again.addresses)).toEqual(places);
    const [node] = nodesOf('eu-west');
    if (node === undefined) throw new Error('the home region has no node');
    expect(await took(node, WRITE, 'EACH_QUORUM')).toBeGreaterThanOrEqual(80);
  });

  it('refuse a distance that cannot be', async () => {
    for (const distanceMs of [-1, Number.NaN])
      await expect(startEngines({ dataFolder, environment, distanceMs })).rejects.toThrow(DistanceError);
    const external = startEngines({ mode: 'external', environment, distanceMs: 80 });
    await expect(external).rejects.toThrow(DistanceError);
  });
});
