import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { connectCassandra } from '@meridian/cassandra';
import { cassandraVariable, workspaceFolder } from '@meridian/engines';
import type { SessionPlaces } from '../read/sessions.ts';
import { environmentOf, makeKeyspaces } from '../read/system.ts';
import type { FaultyEngines } from '../system/engines.ts';
import { servicePorts } from '../system/ports.ts';
import { faultyProcess, type FaultyProcess } from '../system/process.ts';

/** A system that runs in one region, and can be told of another. */
export interface OneRegion {
  /** Its database, topic prefix and keyspace. */
  readonly space: string;
  readonly keyspaces: readonly string[];
  readonly command: FaultyProcess;
  readonly logFolder: string;
  /** Where sessions find these regions. */
  places(regions: readonly string[]): SessionPlaces;
  /** Changes in which regions the keyspaces have replicas. */
  replicateOver(regions: readonly string[]): Promise<void>;
  /** Starts the projectors and command-service again, one after the other, with these regions. */
  restartWriters(regions: readonly string[]): Promise<void>;
  /** Starts the query-service of a region. */
  startQueries(region: string, regions: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const FIRST_PORT = 28_000;

/** Starts one command-service, all projectors in one process, and the query-service of the home region. */
export async function startOneRegion(engines: FaultyEngines, home: string): Promise<OneRegion> {
  const space = `region_${randomBytes(4).toString('hex')}`;
  const keyspaces = [space, `${space}_keys`];
  const logFolder = path.join(workspaceFolder(), '.meridian/faults/new-region-logs', space);
  const regionsAre = (regions: readonly string[]) => ({ MERIDIAN_REGIONS: regions.join(',') });
  const environment = { ...environmentOf(engines, space), ...regionsAre([home]) };
  const processes: FaultyProcess[] = [];
  const service = async (name: string, main: string, own: Readonly<Record<string, string>> = {}) => {
    const port = FIRST_PORT + 10 * processes.length;
    const ports = await servicePorts({ grpc: port, http: port + 500 });
    const made = faultyProcess({ name, main, logFolder, environment: { ...environment, ...own }, ...ports });
    processes.push(made);
    return made;
  };
  const queries = new Map<string, FaultyProcess>();
  const startQueries = async (region: string, regions: readonly string[]) => {
    const nodes = engines.environment[cassandraVariable(region)] ?? '';
    const own = { MERIDIAN_REGION: region, MERIDIAN_CASSANDRA: nodes, ...regionsAre(regions) };
    const made = await service(`query-service-${region}`, 'apps/query-service/src/main.ts', own);
    queries.set(region, made);
    await made.start();
  };
  const stop = async () => {
    await Promise.all(processes.map((one) => one.kill()));
    await engines.forget(space);
  };
  await makeKeyspaces(engines, space, [home]);
  const command = await service('command-service', 'apps/command-service/src/main.ts');
  const journal = { MERIDIAN_JOURNAL_ADDRESSES: command.address };
  const projectors = await service('projectors', 'apps/projectors/all/src/main.ts', journal);
  try {
    await command.start();
    await projectors.start();
    await startQueries(home, [home]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    space,
    keyspaces,
    command,
    logFolder,
    startQueries,
    stop,
    places: (regions) => ({
      command: command.address,
      queries: new Map(regions.map((region) => [region, queries.get(region)?.address ?? ''])),
    }),
    replicateOver: (regions) => alterKeyspaces(engines, home, keyspaces, regions),
    async restartWriters(regions) {
      for (const writer of [projectors, command]) {
        await writer.end();
        await writer.start(regionsAre(regions));
      }
    },
  };
}

async function alterKeyspaces(
  engines: FaultyEngines,
  home: string,
  keyspaces: readonly string[],
  regions: readonly string[],
): Promise<void> {
  const contactPoints = [engines.environment[cassandraVariable(home)] ?? ''];
  const session = await connectCassandra({ contactPoints, localDataCenter: home });
  const replicas = regions.map((region) => `'${region}': 1`).join(', ');
  try {
    await session.schema(
      keyspaces.map(
        (keyspace) =>
          `ALTER KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', ${replicas}}`,
      ),
    );
  } finally {
    await session.close();
  }
}
