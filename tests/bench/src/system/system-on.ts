import { choosePorts, engineStatus, workspaceFolder, type RunningEngines } from '@meridian/engines';
import type { ServicePlan } from '@meridian/local-stack';
import type { BenchSystem } from './bench-system.ts';
import { stopChildren } from './child.ts';
import { startService, type Service } from './service.ts';

/** What open and closed engines differ in. */
interface Kind extends Pick<BenchSystem, 'mysql' | 'security' | 'callers' | 'admit'> {
  readonly dataFolder: string;
  readonly profileFolder: string | undefined;
  /** The variables of a service, from those that it has on open engines. */
  environmentOf(plan: ServicePlan): Promise<Readonly<Record<string, string>>>;
}

/** Ports are chosen in steps of 100. */
const PORTS = 100;
// Services start side by side: each looks for its own ports.
let lent = 0;

async function freePorts() {
  const index = lent++ % PORTS;
  const { http: httpPort = 0, grpc: grpcPort = 0 } = await choosePorts({
    http: { preferred: 18_000 + index, hosts: ['127.0.0.1'] },
    grpc: { preferred: 17_000 + index, hosts: ['127.0.0.1'] },
  });
  return { httpPort, grpcPort };
}

/** The system on engines that run. */
export function systemOn(engines: RunningEngines, kind: Kind): BenchSystem {
  const { mysql, security, callers, dataFolder, profileFolder } = kind;
  const engineEnvironment = engines.environment();
  const regions = Object.keys(engines.addresses.cassandra);
  const services = new Set<Service>();
  const starting = new Set<Promise<Service>>();
  let isStopped = false;
  const clear = async () => {
    await Promise.allSettled(starting);
    await Promise.all([stopChildren(), ...[...services].map((service) => service.stop())]);
    services.clear();
  };
  return {
    engineEnvironment,
    regions,
    mysql,
    security,
    callers,
    brokers: (engineEnvironment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(','),
    admit: (space) => kind.admit(space),
    async enginePids() {
      if (engines.mode === 'external') return {};
      const status = await engineStatus(dataFolder);
      return Object.fromEntries(status.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid]])));
    },
    async startService(name, main, space, more = {}, workspace = workspaceFolder()) {
      const begin = async () => {
        const ports = await freePorts();
        const environment = {
          ...spaceVariables(engineEnvironment, regions, space),
          MERIDIAN_HTTP_PORT: String(ports.httpPort),
          MERIDIAN_GRPC_ADDRESS: `127.0.0.1:${ports.grpcPort}`,
          ...more,
        };
        const plan = { name: name.replaceAll(' ', '-'), main, environment, ...ports };
        const own = await kind.environmentOf(plan);
        const begun = await startService({
          name,
          workspace,
          main,
          environment: own,
          profileFolder,
          ...ports,
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
      isStopped = true;
      await clear();
      await engines.stop();
    },
    hasStopped: () => isStopped,
  };
}

/** The variables of every service of a space. */
function spaceVariables(
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
