import { join } from 'node:path';
import type { EngineState } from '../engine-state.ts';
import { readState } from '../engine-state.ts';
import { withFileLock } from '../file-lock.ts';
import { knownFolders } from '../known-folders.ts';
import { choosePorts } from '../ports.ts';
import { isAlive } from '../process-identity.ts';
import type { CassandraNode, CassandraPorts } from './cassandra-engine.ts';
import { cassandraHosts } from './cassandra-engine.ts';
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

/** Ports of both nodes: a shared port has to be free on the address of each node. */
export async function chooseCassandraPorts(
  { engines }: EngineState,
  held: ReadonlySet<number>,
): Promise<Readonly<Record<CassandraNode['name'], CassandraPorts>>> {
  const [west, east] = [engines['cassandra-eu-west']?.ports, engines['cassandra-us-east']?.ports];
  const { client, storage, jmxWest, jmxEast } = await choosePorts(
    {
      client: { preferred: west?.client ?? 9042, hosts: cassandraHosts },
      storage: { preferred: west?.storage ?? 7000, hosts: cassandraHosts },
      jmxWest: { preferred: west?.jmx ?? 7199, hosts: loopback },
      jmxEast: { preferred: east?.jmx ?? 7299, hosts: loopback },
    },
    held,
  );
  return {
    'cassandra-eu-west': { client, storage, jmx: jmxWest },
    'cassandra-us-east': { client, storage, jmx: jmxEast },
  };
}
