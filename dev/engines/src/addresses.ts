import type { EngineAddresses } from './engine-types.ts';
import type { EngineState } from './engine-state.ts';
import { cassandraNodes, cassandraRegions } from './cassandra-nodes.ts';

/** The name of the variable that holds a region's contact point: MERIDIAN_CASSANDRA_EU_WEST. */
export function cassandraVariable(region: string): string {
  return `MERIDIAN_CASSANDRA_${region.toUpperCase().replaceAll('-', '_')}`;
}

/** The name of the variable that holds a region's contact point for the clients of another region, which is far away. */
export function farCassandraVariable(region: string, from: string): string {
  return `${cassandraVariable(region)}_FROM_${from.toUpperCase().replaceAll('-', '_')}`;
}

/** The addresses as the MERIDIAN_* variables that services and tests read. */
export function engineEnvironment(addresses: EngineAddresses): Record<string, string> {
  const regions = Object.entries(addresses.cassandra);
  const far = Object.entries(addresses.cassandraFrom ?? {}).flatMap(([from, others]) =>
    Object.entries(others).map(([region, nodes]) => [farCassandraVariable(region, from), nodes] as const),
  );
  return {
    MERIDIAN_MYSQL_URL: addresses.mysqlUrl,
    MERIDIAN_KAFKA_BROKERS: addresses.kafkaBrokers.join(','),
    MERIDIAN_REGIONS: regions.map(([region]) => region).join(','),
    ...Object.fromEntries(regions.map(([region, address]) => [cassandraVariable(region), address])),
    ...Object.fromEntries(far),
  };
}

/** The address of a MySQL server that has only `root`, without a password. */
export const rootUrl = (host: string, port: number): string => `mysql://root@${host}:${port}/`;

/**
 * The nodes of a region, each `host:port`, as the variables of running engines name them; none where they name none. A
 * client of another region says so by `from`: there may be a distance.
 */
export function contactPointsOf(
  environment: Readonly<Record<string, string | undefined>>,
  region: string,
  from = region,
): readonly string[] {
  const far = environment[farCassandraVariable(region, from)];
  const nodes = far ?? environment[cassandraVariable(region)] ?? '';
  return nodes.split(',').filter((node) => node !== '');
}

const MOST_REPLICAS = 3;

/**
 * How many nodes of each region hold a row of a new keyspace: all nodes that the variables of running engines name, three
 * at most.
 */
export function replicasByRegion(
  environment: Readonly<Record<string, string | undefined>>,
  regions: readonly string[],
): Record<string, number> {
  const replicas = (region: string) =>
    Math.min(MOST_REPLICAS, Math.max(1, contactPointsOf(environment, region).length));
  return Object.fromEntries(regions.map((region) => [region, replicas(region)]));
}

/**
 * The addresses of the engines of a state with so many nodes per region, which are apart or not. Throws when an engine
 * has never been started.
 */
export function addressesOf(state: EngineState, nodesPerRegion = 1, areApart = false): EngineAddresses {
  const at = (name: keyof EngineState['engines']) => {
    const record = state.engines[name];
    if (record === undefined) throw new Error(`${name} was never started in this data folder`);
    return { host: record.host, port: record.ports.client };
  };
  const text = ({ host, port }: { host: string; port: number }) => `${host}:${port}`;
  const mysqlUrl = () => {
    const { host, port } = at('mysql');
    return rootUrl(host, port);
  };
  // By its name where it has a certificate: TLS names no servers by their addresses.
  const kafka = () => {
    const { host, port } = at('kafka');
    return text({ host: state.engines.kafka?.authorityFile === undefined ? host : 'localhost', port });
  };
  const portOf = (region: string) => {
    const [first] = cassandraNodes(1).filter((node) => node.region === region);
    return at(first?.name ?? 'cassandra-eu-west').port;
  };
  const nodesOf = (region: string, port = portOf(region)) =>
    cassandraNodes(nodesPerRegion)
      .filter((node) => node.region === region)
      .map(({ name }) => text({ host: at(name).host, port }))
      .join(',');
  const othersOf = (from: string) =>
    cassandraRegions
      .filter((region) => region !== from)
      .map((region) => [region, nodesOf(region, portOf(from))] as const);
  const apart = {
    cassandraFrom: Object.fromEntries(
      cassandraRegions.map((from) => [from, Object.fromEntries(othersOf(from))]),
    ),
  };
  return {
    mysqlUrl: state.givenMysqlUrl ?? mysqlUrl(),
    kafkaBrokers: [kafka()],
    cassandra: Object.fromEntries(cassandraRegions.map((region) => [region, nodesOf(region)])),
    ...(areApart ? apart : {}),
  };
}
