import type { EngineAddresses } from './engine-types.ts';
import type { EngineState } from './engine-state.ts';
import { cassandraNodes } from './local/cassandra-engine.ts';

/** The name of the variable that holds a region's contact point: MERIDIAN_CASSANDRA_EU_WEST. */
export function cassandraVariable(region: string): string {
  return `MERIDIAN_CASSANDRA_${region.toUpperCase().replaceAll('-', '_')}`;
}

/** The addresses as the MERIDIAN_* variables that services and tests read. */
export function engineEnvironment(addresses: EngineAddresses): Record<string, string> {
  const regions = Object.entries(addresses.cassandra);
  return {
    MERIDIAN_MYSQL_URL: addresses.mysqlUrl,
    MERIDIAN_KAFKA_BROKERS: addresses.kafkaBrokers.join(','),
    MERIDIAN_REGIONS: regions.map(([region]) => region).join(','),
    ...Object.fromEntries(regions.map(([region, address]) => [cassandraVariable(region), address])),
  };
}

/** The address of a MySQL server that has only `root`, without a password. */
export const rootUrl = (host: string, port: number): string => `mysql://root@${host}:${port}/`;

/** The addresses of the engines of a state. Throws when an engine has never been started. */
export function addressesOf(state: EngineState): EngineAddresses {
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
  return {
    mysqlUrl: state.givenMysqlUrl ?? mysqlUrl(),
    kafkaBrokers: [text(at('kafka'))],
    cassandra: Object.fromEntries(cassandraNodes.map(({ name, region }) => [region, text(at(name))])),
  };
}
