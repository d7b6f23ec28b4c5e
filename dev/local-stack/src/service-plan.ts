import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  cassandraVariable,
  choosePorts,
  contactPointsOf,
  workspaceFolder,
  type PortWish,
} from '@meridian/engines';
import type { DevKeys } from './dev-keys.ts';
import type { StackNames } from './stack-names.ts';

/** One process of the stack. */
export interface ServicePlan {
  readonly name: string;
  /** Its main file, from the workspace's folder. */
  readonly main: string;
  readonly httpPort: number;
  readonly grpcPort?: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** All projectors in one process, as on one machine, or each in a separate process, as in a cluster. */
export type ProjectorArrangement = 'together' | 'separate';

const PROJECTORS = 'apps/projectors';
/** The folder of the service that is all projectors, and its name. */
const ALL_PROJECTORS = { folder: 'all', name: 'projectors' };
const HOST = '127.0.0.1';

/**
 * The processes of a stack: one command-service, one query-service per region, and all projectors of the workspace,
 * together or separate. Ports are free ones when the usual ports are taken or held.
 */
export async function planServices(
  regions: readonly string[],
  engines: Readonly<Record<string, string>>,
  names: StackNames,
  keys: DevKeys,
  arrangement: ProjectorArrangement,
  heldPorts: ReadonlySet<number> = new Set(),
): Promise<readonly ServicePlan[]> {
  const [home = ''] = regions;
  const projectorFolders = findProjectors(arrangement);
  const ports = await choosePorts(portWishes(regions, projectorFolders), heldPorts);
  const port = (name: string) => ports[name] ?? 0;
  const cassandra = (region: string) => engines[cassandraVariable(region)] ?? '';
  const shared = {
    MERIDIAN_REGIONS: regions.join(','),
    MERIDIAN_KEYSPACE: names.keyspace,
    MERIDIAN_TOPIC_PREFIX: names.topicPrefix,
    MERIDIAN_KAFKA_BROKERS: engines['MERIDIAN_KAFKA_BROKERS'] ?? '',
    MERIDIAN_CASSANDRA: cassandra(home),
  };
  const command: ServicePlan = {
    name: 'command-service',
    main: 'apps/command-service/src/main.ts',
    httpPort: port('command-service/http'),
    grpcPort: port('command-service'),
    environment: {
      ...shared,
      ...keys,
      MERIDIAN_GRPC_ADDRESS: `${HOST}:${port('command-service')}`,
      MERIDIAN_MYSQL_URL: engines['MERIDIAN_MYSQL_URL'] ?? '',
      MERIDIAN_MYSQL_DATABASE: names.database,
      MERIDIAN_KEYS_DATABASE: names.keysDatabase,
    },
  };
  const queries = regions.map((region): ServicePlan => {
    const name = `query-service-${region}`;
    const environment = {
      ...shared,
      ...keys,
      MERIDIAN_REGION: region,
      MERIDIAN_CASSANDRA: cassandra(region),
      MERIDIAN_CASSANDRA_FALLBACKS: fallbacksOf(region, regions, engines),
      MERIDIAN_GRPC_ADDRESS: `${HOST}:${port(name)}`,
    };
    return {
      name,
      main: 'apps/query-service/src/main.ts',
      httpPort: port(`${name}/http`),
      grpcPort: port(name),
      environment,
    };
  });
  const projectors = projectorFolders.map((folder) => projectorPlan(folder, port, shared));
  return [command, ...projectors, ...queries].map((plan) => ({
    ...plan,
    environment: { ...plan.environment, MERIDIAN_HTTP_PORT: String(plan.httpPort) },
  }));
}

/** The names of the services that are projectors, whatever the regions. */
export const projectorNames = (arrangement: ProjectorArrangement): readonly string[] =>
  findProjectors(arrangement).map(serviceOf);

/** One service of projectors: each folder is one. */
function projectorPlan(
  folder: string,
  port: (name: string) => number,
  shared: Readonly<Record<string, string>>,
): ServicePlan {
  const name = serviceOf(folder);
  return {
    name,
    main: `${PROJECTORS}/${folder}/src/main.ts`,
    httpPort: port(`${name}/http`),
    grpcPort: port(name),
    environment: {
      ...shared,
      MERIDIAN_JOURNAL_ADDRESSES: `${HOST}:${port('command-service')}`,
      MERIDIAN_GRPC_ADDRESS: `${HOST}:${port(name)}`,
    },
  };
}

function serviceOf(folder: string): string {
  return folder === ALL_PROJECTORS.folder ? ALL_PROJECTORS.name : `projector-${folder}`;
}

/** Whether a service of a stack is a projector: projectors are stopped after the sources of their events. */
export function isProjector(service: string): boolean {
  return service === ALL_PROJECTORS.name || service.startsWith('projector-');
}

/** The folders of the projector services: the one folder for all projectors, or every other folder. */
function findProjectors(arrangement: ProjectorArrangement): readonly string[] {
  const folder = join(workspaceFolder(), PROJECTORS);
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'src/main.ts')))
    .filter((name) => (name === ALL_PROJECTORS.folder) === (arrangement === 'together'))
    .sort();
}

/** The other regions' copies, for use when a region's own copy is away. */
function fallbacksOf(
  region: string,
  regions: readonly string[],
  engines: Readonly<Record<string, string>>,
): string {
  return regions
    .filter((other) => other !== region)
    .map((other) => `${other}=${contactPointsOf(engines, other, region).join('+')}`)
    .join(',');
}

function portWishes(regions: readonly string[], projectors: readonly string[]): Record<string, PortWish> {
  const wish = (preferred: number) => ({ preferred, hosts: [HOST] });
  const wishes: Record<string, PortWish> = {
    'command-service': wish(7001),
    'command-service/http': wish(8001),
  };
  regions.forEach((region, index) => {
    wishes[`query-service-${region}`] = wish(7101 + index);
    wishes[`query-service-${region}/http`] = wish(8101 + index);
  });
  projectors.forEach((folder, index) => {
    wishes[serviceOf(folder)] = wish(7201 + index);
    wishes[`${serviceOf(folder)}/http`] = wish(8201 + index);
  });
  return wishes;
}
