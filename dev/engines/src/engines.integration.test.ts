import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killEngine, pauseEngine, restartEngine, resumeEngine, stopEngine } from './control-engine.ts';
import { readState } from './engine-state.ts';
import type { EngineAddresses, OnProgress } from './engine-types.ts';
import { enginesWith } from './cassandra-nodes.ts';
import { externalEngines } from './external-engines.ts';
import { markedProcesses } from './local/engine-process.ts';
import { probeCassandraPair } from './probes/cassandra-probe.ts';
import { isAlive } from './process-identity.ts';
import { startEngines } from './start-engines.ts';
import { engineStatus, stopEngines } from './stop-engines.ts';

// The very first start fetches the engines; the environment may name engines that other tests use.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('MERIDIAN_')),
);
const engineNames = enginesWith(1);
let dataFolder = '';
const start = () => startEngines({ dataFolder, environment });

function spawnStarter(): ChildProcess {
  const script = join(import.meta.dirname, 'start-and-wait.fixture.ts');
  return spawn(process.execPath, [script, dataFolder], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output to read');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the starter ended without a word');
}

async function crash(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function pids(): Promise<Record<string, number | undefined>> {
  return Object.fromEntries((await engineStatus(dataFolder)).map(({ name, pid }) => [name, pid]));
}

const states = async () => (await engineStatus(dataFolder)).map(({ state }) => state);
const allRunning = engineNames.map(() => 'running');

/** The identities that the engines wrote when their data was created. */
function identities(): string[] {
  const read = (path: string, pattern: RegExp) =>
    pattern.exec(readFileSync(join(dataFolder, path), 'utf8'))?.[0] ?? path;
  return [
    read('mysql/data/auto.cnf', /server-uuid=.+/),
    read('kafka/data/meta.properties', /cluster\.id=.+/),
    read('cassandra-cluster-name', /.+/),
  ];
}

const logOf = (node: string) => readFileSync(join(dataFolder, node, `${node}.log`), 'utf8');

/** Listens on every port that the engines had. */
async function occupyPorts(): Promise<Server[]> {
  const records = Object.values(readState(dataFolder)?.engines ?? {});
  const listening = records.flatMap(({ host, ports }) =>
    Object.values(ports).map(async (port) => {
      const server = createServer().listen(port, host);
      await once(server, 'listening');
      return server;
    }),
  );
  return Promise.all(listening);
}

beforeAll(() => {
  dataFolder = realpathSync(mkdtempSync(join(tmpdir(), 'meridian-engines-')));
});

afterAll(async () => {
  await stopEngines(dataFolder);
  rmSync(dataFolder, { recursive: true, force: true });
});

describe.sequential('the engines of a data folder', () => {
  it('come up after a starter was killed in the middle of its start', async () => {
    const starter = spawnStarter();
    const begun = () => readState(dataFolder)?.engines.kafka?.process !== undefined;
    await expect.poll(begun, { interval: 20 }).toBe(true);
    await crash(starter);
    const { addresses } = await start();
    expect(await externalEngines((await start()).environment())).toEqual(addresses);
    expect(await states()).toEqual(allRunning);
    expect(markedProcesses(dataFolder)).toHaveLength(engineNames.length);
  });

  it('answer in their protocols, each Cassandra node seeing the other', async () => {
    const { addresses } = await start();
    for (const address of Object.values(addresses.cassandra)) {
      const [host = '', port] = address.split(':');
      expect(await probeCassandraPair(host, Number(port))).toBe(true);
    }
  });

  it('are stopped, and start again with the data they had: on other ports where theirs are taken', async () => {
    const before = identities();
    const running = await start();
    await running.stop();
    await running.stop();
    expect(await states()).toEqual(engineNames.map(() => 'stopped'));
    expect(markedProcesses(dataFolder)).toEqual([]);
    const taken = await occupyPorts();
    const starter = spawnStarter();
    try {
      const moved: EngineAddresses = JSON.parse(await firstLine(starter));
      const all = (of: EngineAddresses) => [of.mysqlUrl, ...of.kafkaBrokers, ...Object.values(of.cassandra)];
      expect(all(moved).filter((address) => all(running.addresses).includes(address))).toEqual([]);
      expect(identities()).toEqual(before);
      expect(logOf('cassandra-eu-west')).not.toContain('Host ID collision');
    } finally {
      for (const server of taken) server.close();
      await crash(starter);
    }
    expect(await states()).toEqual(allRunning);
  });

  it('run on when their starter is killed, and the next start takes them over', async () => {
    const before = await pids();
    expect(await states()).toEqual(allRunning);
    const { reused } = await start();
    expect(reused).toEqual(engineNames);
    expect(await pids()).toEqual(before);
  });

  it('that hang or have crashed are replaced by the next start; the others are left alone', async () => {
    const before = await pids();
    await pauseEngine(dataFolder, 'mysql');
    await killEngine(dataFolder, 'kafka');
    expect((await states()).slice(0, 2)).toEqual(['paused', 'stopped']);
    const { reused } = await start();
    expect(reused).toEqual(['cassandra-eu-west', 'cassandra-us-east']);
    const after = await pids();
    expect(after['cassandra-us-east']).toBe(before['cassandra-us-east']);
    expect(after.mysql).not.toBe(before.mysql);
    expect(await states()).toEqual(allRunning);
  });

  it('can be paused, resumed, stopped and restarted one by one', async () => {
    const before = await pids();
    await pauseEngine(dataFolder, 'cassandra-us-east');
    expect((await states())[3]).toBe('paused');
    await resumeEngine(dataFolder, 'cassandra-us-east');
    expect(await states()).toEqual(allRunning);
    await stopEngine(dataFolder, 'cassandra-us-east');
    expect((await states())[3]).toBe('stopped');
    // A log that ends with the start says nothing of what happened since.
    expect(logOf('cassandra-us-east')).toContain('Announcing shutdown');
    await restartEngine(dataFolder, 'cassandra-us-east');
    expect(await states()).toEqual(allRunning);
    expect(await pids()).toMatchObject({
      mysql: before.mysql,
      'cassandra-eu-west': before['cassandra-eu-west'],
    });
  });

  it('leave no process behind', async () => {
    const recorded = engineNames.flatMap((name) => readState(dataFolder)?.engines[name]?.process ?? []);
    expect(recorded).toHaveLength(engineNames.length);
    await stopEngines(dataFolder);
    expect(recorded.filter(isAlive)).toEqual([]);
    expect(markedProcesses(dataFolder)).toEqual([]);
  });

  it('do not stay when their start is broken off', async () => {
    const control = new AbortController();
    const reason = new Error('Ctrl-C');
    const onProgress: OnProgress = ({ engine, step }) => {
      if (engine === 'kafka' && step === 'start') control.abort(reason);
    };
    const broken = startEngines({ dataFolder, environment, onProgress, signal: control.signal });
    await expect(broken).rejects.toBe(reason);
    expect(markedProcesses(dataFolder)).toEqual([]);
  });
});
