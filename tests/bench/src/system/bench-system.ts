import { randomBytes } from 'node:crypto';
import path from 'node:path';
import {
  choosePorts,
  engineStatus,
  startEngines,
  workspaceFolder,
  type RunningEngines,
} from '@meridian/engines';
import { profileChildren, stopChildren } from './child.ts';
import { startService, type Service } from './service.ts';

/** The engines and processes that all measurements share. */
export interface BenchSystem {
  /** The MERIDIAN_* variables of the engines. */
  readonly engineEnvironment: Readonly<Record<string, string>>;
  readonly mysqlUrl: string;
  readonly brokers: readonly string[];
  readonly regions: readonly string[];
  /** The process ids of the engines; empty where they are external. */
  enginePids(): Promise<Record<string, number>>;
  /** Starts a service of apps/ on a database, keyspace and topics of the given name, and waits until it is ready. */
  startService(
    name: string,
    main: string,
    space: string,
    more?: Readonly<Record<string, string>>,
  ): Promise<Service>;
  /** Ends every service and process that still runs, such as remains of a failed measurement. */
  clear(): Promise<void>;
  /** Clears, and ends the engines. */
  stop(): Promise<void>;
}

/** Ports are chosen in steps of 100. */
const PORTS = 100;
const KEYS = ['MERIDIAN_MASTER_KEY', 'MERIDIAN_FINGERPRINT_KEY', 'MERIDIAN_PAGE_TOKEN_KEY'];

/**
 * Starts the bench's own engines, or uses the engines of the environment. The data of its own engines, fixtures
 * included, is kept for the next run.
 */
export async function startBenchSystem(
  profileFolder?: string,
  dataFolder = path.join(workspaceFolder(), '.meridian/bench/engines'),
): Promise<BenchSystem> {
  profileChildren(profileFolder);
  const external = process.env['MERIDIAN_KAFKA_BROKERS'] !== undefined;
  const engines: RunningEngines = await startEngines({
    mode: external ? 'external' : 'local',
    dataFolder,
    compiler: 'full',
    onProgress: ({ message }) => process.stderr.write(`  ${message}\n`),
  });
  const engineEnvironment = engines.environment();
  const regions = Object.keys(engines.addresses.cassandra);
  const keys = Object.fromEntries(KEYS.map((name) => [name, randomBytes(32).toString('base64')]));
  const services = new Set<Service>();
  const starting = new Set<Promise<Service>>();
  // Services start side by side: each looks for its own ports.
  let lent = 0;
  const clear = async () => {
    await Promise.allSettled(starting);
    await Promise.all([stopChildren(), ...[...services].map((service) => service.stop())]);
    services.clear();
  };
  return {
    engineEnvironment,
    regions,
    mysqlUrl: engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '',
    brokers: (engineEnvironment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(','),
    async enginePids() {
      if (external) return {};
      const status = await engineStatus(dataFolder);
      return Object.fromEntries(status.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]])));
    },
    async startService(name, main, space, more = {}) {
      const index = lent++ % PORTS;
      const ports = await choosePorts({
        http: { preferred: 18_000 + index, hosts: ['127.0.0.1'] },
        grpc: { preferred: 17_000 + index, hosts: ['127.0.0.1'] },
      });
      const { http = 0, grpc = 0 } = ports;
      const environment = {
        ...keys,
        ...environmentOf(engineEnvironment, regions, space),
        MERIDIAN_HTTP_PORT: String(http),
        MERIDIAN_GRPC_ADDRESS: `127.0.0.1:${grpc}`,
        ...more,
      };
      const begin = async () => {
        const begun = await startService({
          name,
          main,
          environment,
          profileFolder,
          httpPort: http,
          grpcPort: grpc,
        });
        services.add(begun);
        return begun;
      };
      const start = begin();
      starting.add(start);
      const service = await start.finally(() => starting.delete(start));
      return {
        ...service,
        async stop() {
          services.delete(service);
          await service.stop();
        },
      };
    },
    clear,
    async stop() {
      await clear();
      await engines.stop();
    },
  };
}

/** The variables of every service of a space. */
function environmentOf(
  engineEnvironment: BenchSystem['engineEnvironment'],
  regions: BenchSystem['regions'],
  space: string,
) {
  return {
    MERIDIAN_REGIONS: regions.join(','),
    MERIDIAN_KAFKA_BROKERS: engineEnvironment['MERIDIAN_KAFKA_BROKERS'] ?? '',
    MERIDIAN_MYSQL_URL: engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '',
    MERIDIAN_CASSANDRA: engineEnvironment['MERIDIAN_CASSANDRA_EU_WEST'] ?? '',
    MERIDIAN_MYSQL_DATABASE: space,
    MERIDIAN_KEYS_DATABASE: `${space}_keys`,
    MERIDIAN_KEYSPACE: space,
    MERIDIAN_TOPIC_PREFIX: space,
    // A fixture's events count as published, and its topics are new.
    MERIDIAN_EMPTY_KAFKA: 'accept',
    MERIDIAN_LOG_LEVEL: 'warn',
  };
}
