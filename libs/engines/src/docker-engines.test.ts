import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineRequirementsError } from './errors.ts';
import { workspaceFolder } from './folders.ts';
import { startEngines } from './start-engines.ts';
import { stopEngines } from './stop-engines.ts';

// A program named docker that only notes how it was called: what it would do is Docker's own affair.
const noteCalls = `#!/bin/sh
echo "$* | $MERIDIAN_COMPOSE_PROJECT $MERIDIAN_MYSQL_PORT $MERIDIAN_KAFKA_PORT $MERIDIAN_CASSANDRA_EU_WEST_PORT $MERIDIAN_CASSANDRA_US_EAST_PORT" >> "$(dirname "$0")/calls"
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

const start = () => startEngines({ mode: 'docker', dataFolder, environment: process.env });
const composeCalls = () =>
  readFileSync(join(folder, 'bin/calls'), 'utf8')
    .trim()
    .split('\n')
    .filter((call) => call.startsWith('compose -f'));

describe('engines of a Docker engine', () => {
  it('are started by the compose file on the ports they are then asked at, and stopped under the same name', async () => {
    const { addresses } = await start();
    await stopEngines(dataFolder);
    const port = (address: string | undefined) => address?.replace(/\/$/, '').split(':').at(-1);
    const ports = [addresses.mysqlUrl, addresses.kafkaBrokers[0], ...Object.values(addresses.cassandra)].map(
      port,
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

  it('need an engine that answers, and say so', async () => {
    writeFileSync(join(folder, 'bin/fails'), 'info');
    await expect(start()).rejects.toThrow(EngineRequirementsError);
    await expect(start()).rejects.toThrow(/a running Docker engine/);
  });
});
