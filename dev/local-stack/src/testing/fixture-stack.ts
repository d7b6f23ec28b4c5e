import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { choosePorts, namedEngines } from '@meridian/engines';
import { runningStack, type RunningStack } from '../running-stack.ts';
import { writeStackState, type StackState } from '../stack-state.ts';

const MAIN = 'dev/local-stack/src/testing/service.fixture.ts';
/** No test calls these engines. */
const engines = {
  MERIDIAN_MYSQL_URL: 'mysql://root@127.0.0.1:1/',
  MERIDIAN_KAFKA_BROKERS: '127.0.0.1:1',
  MERIDIAN_REGIONS: 'eu-west',
  MERIDIAN_CASSANDRA_EU_WEST: '127.0.0.1:1',
};

/**
 * A stack of the tests' service under these names, in a folder of its own. Nothing of it runs yet. Test files run beside each other, so
 * each names a first port of its own. The others are 100, 200 and so on above it.
 */
export async function fixtureStack(
  names: readonly string[],
  firstPort: number,
): Promise<{ readonly folder: string; readonly state: StackState; readonly stack: RunningStack }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'meridian-fixture-'));
  const ports = await choosePorts(
    Object.fromEntries(names.map((name) => [name, { preferred: firstPort, hosts: ['127.0.0.1'] }])),
  );
  const services = names.map((name) => {
    const httpPort = ports[name] ?? 0;
    return { name, main: MAIN, httpPort, environment: { MERIDIAN_HTTP_PORT: String(httpPort) } };
  });
  const state: StackState = {
    engineMode: 'external',
    regions: ['eu-west'],
    projectors: 'together',
    closed: false,
    names: { database: 'd', keysDatabase: 'k', keyspace: 's', topicPrefix: 't' },
    engineEnvironment: engines,
    services,
  };
  writeStackState(folder, state);
  return { folder, state, stack: runningStack(folder, namedEngines(engines), state) };
}
