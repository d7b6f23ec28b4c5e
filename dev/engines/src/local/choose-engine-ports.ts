import { join } from 'node:path';
import { broadcastHost, type CassandraNode, type CassandraPorts } from '../cassandra-nodes.ts';
import type { EngineState } from '../engine-state.ts';
import { readState } from '../engine-state.ts';
import { withFileLock } from '../file-lock.ts';
import { knownFolders } from '../known-folders.ts';
import { choosePorts, type PortWish } from '../ports.ts';
import { isAlive } from '../process-identity.ts';
import type { KafkaPorts } from './kafka-engine.ts';
import type { PrepareContext } from './prepare-context.ts';

// Each engine gets its last ports, else the usual ports, else free ports near these.
const loopback = ['127.0.0.1'];
const lockTimeoutMs = 10 * 60_000;

/**
 * Runs `start`, which chooses ports and lets one kind of engine listen on these. No other start of this user does the
 * same at that time: two simultaneous starts would find the same ports free.
 */
export async function whilePortsAreMine<T>(
  kind: 'mysql' | 'kafka' | 'cassandra',
  { cache, signal }: PrepareContext,
  start: () => Promise<T>,
): Promise<T> {
  return withFileLock(join(cache, `ports-${kind}.lock`), { timeoutMs: lockTimeoutMs, signal }, start);
}

/**
 * The ports of other folders' engines, including stopped engines. While one engine of a folder runs, its other engines
 * may be started again on their old ports.
 */
export function portsOfOthers({
  cache,
  dataFolder,
}: Pick<PrepareContext, 'cache' | 'dataFolder'>): ReadonlySet<number> {
  const held = knownFolders(cache, 'engines').flatMap((folder) => {
    const records = folder === dataFolder ? [] : recordsIn(folder);
    const runs = records.some(({ process }) => process !== undefined && isAlive(process));
    return runs ? records.flatMap(({ ports }) => Object.values(ports)) : [];
  });
  return new Set(held);
}

/** Nothing for a folder with an unreadable state: a start of engines there reports the problem. */
function recordsIn(folder: string) {
  try {
    return Object.values(readState(folder)?.engines ?? {});
  } catch {
    return [];
  }
}

export async function chooseMysqlPort({ engines }: EngineState, held: ReadonlySet<number>): Promise<number> {
  const { client } = await choosePorts(
    { client: { preferred: engines.mysql?.ports.client ?? 3306, hosts: loopback } },
    held,
  );
  return client;
}

export async function chooseKafkaPorts(
  { engines }: EngineState,
  held: ReadonlySet<number>,
): Promise<KafkaPorts> {
  const had = engines.kafka?.ports;
  const wishes = {
    client: { preferred: had?.client ?? 9092, hosts: loopback },
    controller: { preferred: had?.controller ?? 9093, hosts: loopback },
  };
  return choosePorts(wishes, held);
}

const usualJmx = { first: 7199, step: 100 };

const usualFarPort = 9043;

/**
 * Ports of all nodes of a cluster: a shared port has to be free on the address of each node. Asks the operating system,
 * so that `nodes` with an address that this machine does not have are refused. Nodes of regions that are `areApart` have
 * a port for clients per region, which is free on all addresses too.
 */
export async function chooseCassandraPorts(
  nodes: readonly CassandraNode[],
  { engines }: EngineState,
  held: ReadonlySet<number>,
  areApart = false,
): Promise<(node: CassandraNode) => CassandraPorts> {
  const hosts = nodes.map(({ host }) => host);
  const farHad = engines['cassandra-us-east']?.ports.client;
  const farPort =
    farHad === undefined || farHad === engines['cassandra-eu-west']?.ports.client ? usualFarPort : farHad;
  const had = engines['cassandra-eu-west']?.ports;
  const jmxWishes = nodes.map(({ name }, index) => {
    const preferred = engines[name]?.ports['jmx'] ?? usualJmx.first + index * usualJmx.step;
    return [jmxOf(name), { preferred, hosts: loopback }] as const;
  });
  const far = { preferred: farPort, hosts };
  const chosen: Readonly<Record<string, number>> = await choosePorts<string>(
    {
      client: { preferred: had?.client ?? 9042, hosts },
      storage: {
        preferred: had?.['storage'] ?? 7000,
        hosts: areApart ? [...hosts, ...nodes.map(broadcastHost)] : hosts,
      },
      ...Object.fromEntries<PortWish>(areApart ? [...jmxWishes, ['far', far]] : jmxWishes),
    },
    held,
  );
  const port = (wish: string) => chosen[wish] ?? 0;
  return ({ name, region }) => {
    const client = port(areApart && region !== nodes[0]?.region ? 'far' : 'client');
    return { client, storage: port('storage'), jmx: port(jmxOf(name)) };
  };
}

/** The port where the process of a distance is asked; none that was just chosen for a node, which may not listen yet. */
export async function chooseDistancePort(
  chosen: readonly CassandraPorts[],
  { engines }: EngineState,
  held: ReadonlySet<number>,
): Promise<number> {
  const taken = chosen.flatMap(({ client, storage, jmx }) => [client, storage, jmx]);
  const { client } = await choosePorts(
    { client: { preferred: engines.distance?.ports.client ?? 7100, hosts: loopback } },
    new Set([...held, ...taken]),
  );
  return client;
}

const jmxOf = (name: string): string => `jmx of ${name}`;
