import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineRequirementsError } from './errors.ts';
import { workspaceFolder } from './folders.ts';
import { startEngines } from './start-engines.ts';
import { stopEngines } from './stop-engines.ts';

// A program named docker that only records how it was called. The program reports the services of the file `runs` as
// running. Where a file `hangs` exists, a start never ends.
const noteCalls = `#!/bin/sh
echo "$* | $MERIDIAN_COMPOSE_PROJECT $MERIDIAN_MYSQL_PORT $MERIDIAN_KAFKA_PORT $MERIDIAN_CASSANDRA_EU_WEST_PORT $MERIDIAN_CASSANDRA_US_EAST_PORT" >> "$(dirname "$0")/calls"
case "$*" in
*"ps --services") cat "$(dirname "$0")/runs" 2>/dev/null ;;
*"up -d --wait") [ ! -f "$(dirname "$0")/hangs" ] || exec sleep 600 ;;
esac
[ "$1" != "$(cat "$(dirname "$0")/fails" 2>/dev/null)" ]
`;
const composeFile = join(workspaceFolder(), 'deploy/compose/engines.yaml');
let folder = '';
let dataFolder = '';

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'meridian-docker-')));
  dataFolder = join(folder, 'data');
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin/docker'), noteCalls);
  chmodSync(join(folder, 'bin/docker'), 0o755);
  vi.stubEnv('PATH', [join(folder, 'bin'), process.env['PATH']].join(delimiter));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const start = (signal?: AbortSignal) =>
  startEngines({ mode: 'docker', dataFolder, environment: process.env, signal });
/** How Compose was called on its file, except for questions. */
const composeCalls = () =>
  readFileSync(join(folder, 'bin/calls'), 'utf8')
    .trim()
    .split('\n')
    .filter((call) => call.startsWith('compose -f') && !call.includes(' ps '));
const portOf = (address: string | undefined) => Number(address?.replace(/\/$/, '').split(':').at(-1));

/** Occupies a port of this machine, as another program would, while `work` runs. */
async function whileTaken<T>(port: number, work: () => Promise<T>): Promise<T> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await work();
  } finally {
    server.close();
  }
}

describe('engines of a Docker engine', () => {
  it('are started by the compose file on the ports they are asked at, and stopped by the same name', async () => {
    const { addresses } = await start();
    await stopEngines(dataFolder);
    const ports = [addresses.mysqlUrl, addresses.kafkaBrokers[0], ...Object.values(addresses.cassandra)].map(
      portOf,
    );
    const [up, down, ...more] = composeCalls();
    const said = /^(?<call>.*) \| (?<project>meridian-[0-9a-f]{8}) (?<ports>.*)$/;
    expect(said.exec(up ?? '')?.groups).toMatchObject({
      call: `compose -f ${composeFile} up -d --wait`,
      ports: ports.join(' '),
    });
    expect(down).toBe(up?.replace('up -d --wait', 'down'));
    expect(more).toEqual([]);
  });

  it('keep their ports over a stop', async () => {
    const first = await start();
    await first.stop();
    expect((await start()).addresses).toEqual(first.addresses);
  });

  it('get other ports where a program has taken theirs; a container that runs keeps its own', async () => {
    const first = await start();
    await first.stop();
    const port = portOf(first.addresses.kafkaBrokers[0]);
    const second = await whileTaken(port, () => start());
    expect(second.reused).toEqual([]);
    expect(second.addresses).toMatchObject({ mysqlUrl: first.addresses.mysqlUrl });
    expect(portOf(second.addresses.kafkaBrokers[0])).toBeGreaterThan(port);
    writeFileSync(join(folder, 'bin/runs'), 'kafka\nmysql\n');
    const now = portOf(second.addresses.kafkaBrokers[0]);
    const third = await whileTaken(now, () => start());
    expect(third.addresses).toEqual(second.addresses);
    expect(third.reused).toEqual(['kafka', 'mysql']);
  });

  it('are given up when the start is, and those that ran before it run on', async () => {
    writeFileSync(join(folder, 'bin/runs'), 'mysql\n');
    writeFileSync(join(folder, 'bin/hangs'), '');
    const giveUp = new AbortController();
    const starting = start(giveUp.signal);
    const ended = expect(starting).rejects.toThrow('enough');
    const calls = () => (existsSync(join(folder, 'bin/calls')) ? composeCalls() : []);
    await expect.poll(calls).toHaveLength(1);
    giveUp.abort(new Error('enough'));
    await ended;
    expect(composeCalls()[1]).toContain(' stop kafka cassandra-eu-west cassandra-us-east | ');
  });

  it('need an engine that answers, and say so', async () => {
    writeFileSync(join(folder, 'bin/fails'), 'info');
    await expect(start()).rejects.toThrow(EngineRequirementsError);
    await expect(start()).rejects.toThrow(/a running Docker engine/);
  });
});
