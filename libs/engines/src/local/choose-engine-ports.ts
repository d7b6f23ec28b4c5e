import { join } from 'node:path';
import type { EngineState } from '../engine-state.ts';
import { withFileLock } from '../file-lock.ts';
import { choosePorts } from '../ports.ts';
import type { CassandraNode, CassandraPorts } from './cassandra-engine.ts';
import { cassandraHosts } from './cassandra-engine.ts';
import type { KafkaPorts } from './kafka-engine.ts';
import type { PrepareContext } from './prepare-context.ts';

// Each engine gets the ports that it had last time, else the usual ones, else free ones near them.
const loopback = ['127.0.0.1'];
const lockTimeoutMs = 10 * 60_000;

/**
 * Runs `start`, which chooses ports and lets one kind of engine listen on them, while no other start of this user does
 * the same: two that look at once would find the same ports free.
 */
export async function whilePortsAreMine<T>(
  kind: 'mysql' | 'kafka' | 'cassandra',
  { cache, signal }: PrepareContext,
  start: () => Promise<T>,
): Promise<T> {
  return withFileLock(join(cache, `ports-${kind}.lock`), { timeoutMs: lockTimeoutMs, signal }, start);
}

export async function chooseMysqlPort({ engines }: EngineState): Promise<number> {
  const { client } = await choosePorts({
    client: { preferred: engines.mysql?.ports.client ?? 3306, hosts: loopback },
  });
  return client;
}

export async function chooseKafkaPorts({ engines }: EngineState): Promise<KafkaPorts> {
  const had = engines.kafka?.ports;
  return choosePorts({
    client: { preferred: had?.client ?? 9092, hosts: loopback },
    controller: { preferred: had?.controller ?? 9093, hosts: loopback },
  });
}

/** Ports of both nodes: what they share has to be free on the address of each. */
export async function chooseCassandraPorts({
  engines,
}: EngineState): Promise<Readonly<Record<CassandraNode['name'], CassandraPorts>>> {
  const [west, east] = [engines['cassandra-eu-west']?.ports, engines['cassandra-us-east']?.ports];
  const { client, storage, jmxWest, jmxEast } = await choosePorts({
    client: { preferred: west?.client ?? 9042, hosts: cassandraHosts },
    storage: { preferred: west?.storage ?? 7000, hosts: cassandraHosts },
    jmxWest: { preferred: west?.jmx ?? 7199, hosts: loopback },
    jmxEast: { preferred: east?.jmx ?? 7299, hosts: loopback },
  });
  return {
    'cassandra-eu-west': { client, storage, jmx: jmxWest },
    'cassandra-us-east': { client, storage, jmx: jmxEast },
  };
}
