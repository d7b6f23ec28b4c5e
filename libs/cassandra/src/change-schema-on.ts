import { setTimeout as pause } from 'node:timers/promises';
import type cassandra from 'cassandra-driver';
import { storeFailureOf } from './store-failure.ts';

const STATEMENT_TIMEOUT_MS = 20_000;
const VERSION_TIMEOUT_MS = 2_000;
const AGREEMENT_TIMEOUT_MS = 10_000;
const AGREEMENT_PAUSE_MS = 50;

/**
 * Runs schema statements one after the other, on one node: a statement may need a change that other nodes do not know yet.
 * All processes of a region choose the same node, the first by address that is up. Two nodes that make a table at the same
 * time make two tables of one name. Then waits, for at most ten seconds, until all nodes that are up have the same schema.
 * Resolves with whether the nodes of the region have it: of a node elsewhere that is down, nobody may know here. Once the signal is
 * aborted, no further statement runs, and the wait ends.
 */
export async function changeSchemaOn(
  client: cassandra.Client,
  localDataCenter: string,
  statements: readonly string[],
  signal?: AbortSignal,
): Promise<boolean> {
  const hosts = hostsOf(client, localDataCenter);
  const maker = await makerOf(client, hosts);
  for (const cql of statements) {
    signal?.throwIfAborted();
    await ask(client, maker, cql, STATEMENT_TIMEOUT_MS);
  }
  const deadlineMs = performance.now() + AGREEMENT_TIMEOUT_MS;
  for (;;) {
    const agreement = await agreementOf(client, maker, localDataCenter);
    const isOver = signal?.aborted === true || performance.now() >= deadlineMs;
    if (agreement === 'everywhere' || isOver) return agreement !== 'nowhere';
    await pause(AGREEMENT_PAUSE_MS);
  }
}

const ask = (
  client: cassandra.Client,
  host: cassandra.Host | undefined,
  cql: string,
  readTimeout: number,
): Promise<cassandra.types.ResultSet> =>
  client.execute(cql, [], { prepare: false, readTimeout, ...(host ? { host } : {}) });

/** The nodes of the region that are up, as far as the driver knows, by address. */
function hostsOf(client: cassandra.Client, localDataCenter: string): readonly cassandra.Host[] {
  return client.hosts
    .values()
    .filter((host) => host.datacenter === localDataCenter && host.isUp())
    .sort((one, other) => (one.address < other.address ? -1 : 1));
}

const VERSION = 'SELECT schema_version FROM system.local';

/** The first node that can be reached; undefined, which leaves it to the driver, when there is none. */
async function makerOf(
  client: cassandra.Client,
  hosts: readonly cassandra.Host[],
): Promise<cassandra.Host | undefined> {
  for (const host of hosts) {
    try {
      await ask(client, host, VERSION, VERSION_TIMEOUT_MS);
      return host;
    } catch (error) {
      if (storeFailureOf(error) === 'statement') throw error;
    }
  }
  return undefined;
}

/** Where the nodes that are up have the same schema. */
type Agreement = 'everywhere' | 'in the region' | 'nowhere';

/**
 * Where all nodes that are up have the same schema. Each node of the region is asked for its own. What a node says of
 * another may be old, and two old answers are the same. Nodes of other regions are not connected. Of them, the node that
 * made the change is asked: an old answer differs from its own.
 */
async function agreementOf(
  client: cassandra.Client,
  maker: cassandra.Host | undefined,
  localDataCenter: string,
): Promise<Agreement> {
  try {
    const hosts = hostsOf(client, localDataCenter);
    const near = await Promise.all(hosts.map((host) => ask(client, host, VERSION, VERSION_TIMEOUT_MS)));
    const peers = await ask(
      client,
      maker,
      'SELECT peer, data_center, schema_version FROM system.peers',
      VERSION_TIMEOUT_MS,
    );
    const down = new Set(
      client.hosts
        .values()
        .filter((host) => !host.isUp())
        .map(({ address }) => address.replace(/:\d+$/, '')),
    );
    const far = peers.rows.filter(
      (row) => row.get('data_center') !== localDataCenter && !down.has(String(row.get('peer'))),
    );
    const isOne = (rows: readonly cassandra.types.Row[]) =>
      new Set(rows.map((row) => String(row.get('schema_version')))).size === 1;
    const here = near.flatMap(({ rows }) => rows);
    if (!isOne(here)) return 'nowhere';
    return isOne([...here, ...far]) ? 'everywhere' : 'in the region';
  } catch {
    return 'nowhere';
  }
}
