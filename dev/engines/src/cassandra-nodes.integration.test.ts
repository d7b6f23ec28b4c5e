import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killEngine, pauseEngine, restartEngine, resumeEngine } from './control-engine.ts';
import { ClusterSizeError } from './errors.ts';
import { probeCassandraRing, resultOf, runCql, type NodeAddress } from './probes/cassandra-probe.ts';
import { parseHostPort } from './probes/exchange.ts';
import { startEngines } from './start-engines.ts';
import { engineStatus, stopEngines } from './stop-engines.ts';

// Three nodes per region. MySQL may be another's: nothing is kept there.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !name.startsWith('MERIDIAN_') || name === 'MERIDIAN_MYSQL_URL',
  ),
);
const OTHERS = 5;
let dataFolder = '';
let west: readonly NodeAddress[] = [];
let east: readonly NodeAddress[] = [];

const nodesOf = (addresses: string | undefined): readonly NodeAddress[] =>
  (addresses ?? '').split(',').flatMap((address) => parseHostPort(address) ?? []);

/** Asks the first node of the home region, at LOCAL_QUORUM. */
async function isAnswered(cql: string): Promise<boolean> {
  const [first] = west;
  if (first === undefined) throw new Error('the home region has no node');
  const asked = { cql, consistency: 'LOCAL_QUORUM', timeoutMs: 20_000 } as const;
  return (await resultOf(first, asked)) !== undefined;
}

/** Whether every node knows the same tables. A node that does not know a table yet fails the requests for it. */
async function haveOneSchema(): Promise<boolean> {
  const asked = {
    cql: 'SELECT schema_version FROM system.local',
    consistency: 'ONE',
    timeoutMs: 20_000,
  } as const;
  const answers = await Promise.all([...west, ...east].map((node) => resultOf(node, asked)));
  // An answer ends with its only value, a UUID.
  const versions = answers.map((answer) => answer?.subarray(-16).toString('hex'));
  return !versions.includes(undefined) && new Set(versions).size === 1;
}

const write = (id: number) => isAnswered(`INSERT INTO three.rows (id, at) VALUES (${id}, 1)`);
const read = (id: number) => isAnswered(`SELECT at FROM three.rows WHERE id = ${id}`);

beforeAll(async () => {
  dataFolder = realpathSync(mkdtempSync(join(tmpdir(), 'meridian-nodes-')));
  const { addresses } = await startEngines({ dataFolder, environment, nodesPerRegion: 3 });
  west = nodesOf(addresses.cassandra['eu-west']);
  east = nodesOf(addresses.cassandra['us-east']);
});

afterAll(async () => {
  await stopEngines(dataFolder);
  rmSync(dataFolder, { recursive: true, force: true });
});

describe.sequential('three Cassandra nodes per region', () => {
  it('are one cluster, in which every node reaches every other', async () => {
    expect([west.length, east.length]).toEqual([3, 3]);
    const names = (await engineStatus(dataFolder)).map(({ name, state }) => `${name} ${state}`);
    expect(names).toEqual(
      expect.arrayContaining([
        'cassandra-eu-west running',
        'cassandra-eu-west-2 running',
        'cassandra-us-east-3 running',
      ]),
    );
    for (const node of [...west, ...east]) expect(await probeCassandraRing(node, OTHERS)).toBe(true);
  });

  it('answer at LOCAL_QUORUM without one of a region, and not without two', async () => {
    const [first] = west;
    if (first === undefined) throw new Error('the home region has no node');
    const replicas = "{'class': 'NetworkTopologyStrategy', 'eu-west': 3, 'us-east': 3}";
    expect(await runCql(first, `CREATE KEYSPACE three WITH replication = ${replicas}`)).toBe(true);
    expect(await runCql(first, 'CREATE TABLE three.rows (id int PRIMARY KEY, at int)')).toBe(true);
    await expect.poll(haveOneSchema).toBe(true);
    expect([await write(1), await read(1)]).toEqual([true, true]);
    await killEngine(dataFolder, 'cassandra-eu-west-2');
    expect(await probeCassandraRing(first, OTHERS)).toBe(false);
    // The first node may ask the lost node until it has noticed the loss.
    for (const answers of [() => write(2), () => read(1), () => read(2)])
      await expect.poll(answers).toBe(true);
    await pauseEngine(dataFolder, 'cassandra-eu-west-3');
    expect([await write(3), await read(1)]).toEqual([false, false]);
    await resumeEngine(dataFolder, 'cassandra-eu-west-3');
    await expect.poll(() => read(2)).toBe(true);
    await restartEngine(dataFolder, 'cassandra-eu-west-2');
    await expect.poll(() => probeCassandraRing(first, OTHERS)).toBe(true);
    await expect.poll(() => write(4)).toBe(true);
  });

  it('stay three: their data is used by no other number of nodes', async () => {
    const one = startEngines({ dataFolder, environment, nodesPerRegion: 1 });
    await expect(one).rejects.toThrow(ClusterSizeError);
    const { addresses, reused } = await startEngines({ dataFolder, environment });
    expect(nodesOf(addresses.cassandra['us-east'])).toEqual(east);
    expect(reused).toContain('cassandra-us-east-3');
  });
});
