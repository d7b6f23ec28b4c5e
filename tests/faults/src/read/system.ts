import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { connectCassandra, ensureKeyspace } from '@meridian/cassandra';
import { cassandraVariable, contactPointsOf, replicasByRegion, workspaceFolder } from '@meridian/engines';
import type { FaultyEngines } from '../system/engines.ts';
import { isCassandraWrite, startHoldingProxy, type HoldingProxy } from '../system/holding-proxy.ts';
import { servicePorts } from '../system/ports.ts';
import { faultyProcess, type FaultyProcess } from '../system/process.ts';
import { isOffsetCommit, startCuttingProxy, type CuttingProxy } from '../system/proxy.ts';
import { startSome } from '../system/start-some.ts';
import type { ProjectorName } from './projectors.ts';

/** One process of a projector, and the proxies that only it uses. */
export interface ProjectorReplica {
  readonly projector: ProjectorName;
  readonly process: FaultyProcess;
  readonly kafkaProxy: CuttingProxy;
  readonly storeProxy: HoldingProxy;
}

/** One command-service, projectors in several replicas, and one query-service per region, on engines that may be harmed. */
export interface ReadSystem {
  /** Its database, topic prefix and keyspace. */
  readonly space: string;
  readonly command: FaultyProcess;
  readonly projectors: readonly ProjectorReplica[];
  /** By region; none when the run asks nothing. */
  readonly queries: ReadonlyMap<string, FaultyProcess>;
  readonly logFolder: string;
  stop(): Promise<void>;
}

/** What a run needs of the system. */
export interface ReadSystemOptions {
  /** The read model of each process. */
  readonly processes: readonly ProjectorName[];
  /** Whether questions are asked. They need every projector. */
  readonly asks: boolean;
  readonly defect?: string;
  /** So many of the processes run from the beginning, the first ones; all when left out. */
  readonly running?: number;
}

const SESSION_TIMEOUT_MS = 6_000;
const LEASE_MS = 2_000;

/** Starts the services, with a defect if one is named. */
export async function startReadSystem(
  engines: FaultyEngines,
  options: ReadSystemOptions,
): Promise<ReadSystem> {
  const { defect = '', asks } = options;
  const space = `faults_${randomBytes(4).toString('hex')}`;
  const logFolder = path.join(workspaceFolder(), '.meridian/faults', defect || 'read', space);
  const environment = { ...environmentOf(engines, space), MERIDIAN_FAULTS_DEFECT: defect };
  await makeKeyspaces(engines, space);
  const started: { stop(): Promise<void> }[] = [];
  const run = async (name: string, main: string, own: Readonly<Record<string, string>>, port: number) => {
    const ports = await servicePorts({ grpc: port, http: port + 500 });
    const one = faultyProcess({ name, main, logFolder, environment: { ...environment, ...own }, ...ports });
    started.push({ stop: () => one.kill() });
    return one;
  };
  const stop = async () => {
    await Promise.all(started.map((one) => one.stop()));
    await engines.forget(space);
  };
  try {
    const command = await run('command-service', 'apps/command-service/src/main.ts', {}, 26_000);
    await command.start();
    const projectors: ProjectorReplica[] = [];
    for (const [place, projector] of options.processes.entries()) {
      const index = projectors.filter((one) => one.projector === projector).length;
      const kafkaProxy = await startCuttingProxy(engines.kafkaPort, isOffsetCommit);
      const storeProxy = await startHoldingProxy(homeStore(engines), isCassandraWrite);
      started.push({ stop: () => kafkaProxy.close() }, { stop: () => storeProxy.close() });
      const own = {
        MERIDIAN_FAULTS_REDIRECT: `${engines.kafkaPort}=${kafkaProxy.port},${homeStore(engines).port}=${storeProxy.port}`,
      };
      const main = `apps/projectors/${projector}/src/main.ts`;
      const process = await run(`${projector}-${index}`, main, own, 26_010 + place);
      projectors.push({ projector, process, kafkaProxy, storeProxy });
    }
    const queries = new Map<string, FaultyProcess>();
    for (const region of asks ? engines.regions : []) {
      const own = {
        MERIDIAN_REGION: region,
        MERIDIAN_CASSANDRA: engines.environment[cassandraVariable(region)] ?? '',
        MERIDIAN_CASSANDRA_FALLBACKS: engines.regions
          .filter((other) => other !== region)
          .map((other) => `${other}=${contactPointsOf(engines.environment, other, region).join('+')}`)
          .join(','),
      };
      const port = 26_100 + queries.size;
      queries.set(region, await run(`query-${region}`, 'apps/query-service/src/main.ts', own, port));
    }
    const running = projectors.slice(0, options.running);
    const services = [...running.map(({ process }) => process), ...queries.values()];
    await startSome(services);
    return { space, command, projectors, queries, logFolder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The first node of the home region: proxies stand before that one only. */
function homeStore({ environment, regions }: FaultyEngines): {
  readonly host: string;
  readonly port: number;
} {
  const [first = ''] = contactPointsOf(environment, regions[0] ?? '');
  const [host = '', port] = first.split(':');
  return { host, port: Number(port) };
}

/** What the services of a run are told, but for what tells them apart. */
export function environmentOf(engines: FaultyEngines, space: string): Readonly<Record<string, string>> {
  const keys = ['MERIDIAN_MASTER_KEY', 'MERIDIAN_FINGERPRINT_KEY', 'MERIDIAN_PAGE_TOKEN_KEY'];
  return {
    ...Object.fromEntries(keys.map((name) => [name, randomBytes(32).toString('base64')])),
    MERIDIAN_MYSQL_URL: engines.environment['MERIDIAN_MYSQL_URL'] ?? '',
    MERIDIAN_KAFKA_BROKERS: engines.environment['MERIDIAN_KAFKA_BROKERS'] ?? '',
    MERIDIAN_CASSANDRA: engines.environment[cassandraVariable(engines.regions[0] ?? '')] ?? '',
    MERIDIAN_REGIONS: engines.regions.join(','),
    MERIDIAN_MYSQL_DATABASE: space,
    MERIDIAN_KEYS_DATABASE: `${space}_keys`,
    MERIDIAN_KEYSPACE: space,
    MERIDIAN_TOPIC_PREFIX: space,
    MERIDIAN_RELAY_LEASE_MS: String(LEASE_MS),
    MERIDIAN_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
    MERIDIAN_LOG_LEVEL: 'info',
  };
}

/** Makes the keyspaces of a run, with as many replicas per region as it has nodes. */
export async function makeKeyspaces(
  engines: FaultyEngines,
  space: string,
  regions: readonly string[] = engines.regions,
): Promise<void> {
  const [home = ''] = engines.regions;
  const session = await connectCassandra({
    contactPoints: contactPointsOf(engines.environment, home),
    localDataCenter: home,
  });
  const replicas = replicasByRegion(engines.environment, regions);
  for (const name of [space, `${space}_keys`]) await ensureKeyspace(session, name, replicas);
  await session.close();
}
