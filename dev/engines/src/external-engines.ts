import { cassandraVariable } from './addresses.ts';
import type { EngineAddresses, Environment } from './engine-types.ts';
import { ExternalEnginesError } from './errors.ts';
import { probeCassandra } from './probes/cassandra-probe.ts';
import { parseHostPort } from './probes/exchange.ts';
import { probeKafka } from './probes/kafka-probe.ts';
import { probeMysql } from './probes/mysql-probe.ts';
import { isAtLeast } from './sources/version.ts';

const oldestMysql = '8.4';
const defaultRegions = 'eu-west,us-east';
const mysqlPort = 3306;

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function mysqlAddress(text: string): { host: string; port: number } | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'mysql:' || url.hostname === '') return undefined;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? mysqlPort : Number(url.port) };
}

/** Reads the MERIDIAN_* addresses. Throws ExternalEnginesError with every missing or malformed address. */
export function parseExternal(environment: Environment): EngineAddresses {
  const problems: string[] = [];
  const mysqlUrl = environment.MERIDIAN_MYSQL_URL ?? '';
  if (mysqlUrl === '') problems.push('MERIDIAN_MYSQL_URL is not set: mysql://USER:PASSWORD@HOST:PORT/');
  else if (mysqlAddress(mysqlUrl) === undefined)
    problems.push('MERIDIAN_MYSQL_URL is not mysql://USER:PASSWORD@HOST:PORT/');
  const addressList = (name: string): string[] => {
    const addresses = list(environment[name]);
    if (addresses.length === 0)
      problems.push(`${name} is not set: HOST:PORT, or several with commas between`);
    for (const address of addresses) {
      if (parseHostPort(address) === undefined) problems.push(`${name}: ${address} is not HOST:PORT`);
    }
    return addresses;
  };
  const kafkaBrokers = addressList('MERIDIAN_KAFKA_BROKERS');
  const regions = list(environment.MERIDIAN_REGIONS ?? defaultRegions);
  if (regions.length === 0) problems.push('MERIDIAN_REGIONS names no region');
  if (new Set(regions).size !== regions.length) problems.push('MERIDIAN_REGIONS names a region twice');
  const cassandra = regions.map((region) => {
    if (!/^[a-z][a-z0-9-]*$/.test(region))
      problems.push(`MERIDIAN_REGIONS: ${region} is not lower case, digits and hyphens`);
    return [region, addressList(cassandraVariable(region)).join(',')] as const;
  });
  if (problems.length > 0) throw new ExternalEnginesError(problems);
  return { mysqlUrl, kafkaBrokers, cassandra: Object.fromEntries(cassandra) };
}

/** What is wrong with the MySQL server at an address, in words; undefined when it answers and is new enough. */
export async function mysqlProblem(url: string): Promise<string | undefined> {
  const address = mysqlAddress(url);
  if (address === undefined) return 'MERIDIAN_MYSQL_URL is not mysql://USER:PASSWORD@HOST:PORT/';
  const at = `${address.host}:${address.port}`;
  const version = await probeMysql(address.host, address.port);
  if (version === undefined) return `MERIDIAN_MYSQL_URL: no MySQL answers at ${at}`;
  if (/mariadb/i.test(version))
    return `MERIDIAN_MYSQL_URL: ${at} is MariaDB, whose SQL differs; MySQL is needed`;
  if (!isAtLeast(version, oldestMysql)) {
    return `MERIDIAN_MYSQL_URL: ${at} is MySQL ${version}; ${oldestMysql} or newer is needed`;
  }
  return undefined;
}

/**
 * The engines that the environment names, once each has answered in its protocol. Throws ExternalEnginesError with
 * every problem at once: malformed addresses, or else all engines that do not answer.
 */
export async function externalEngines(environment: Environment): Promise<EngineAddresses> {
  const addresses = parseExternal(environment);
  const answers = async (variable: string, address: string, probe: typeof probeKafka) => {
    const target = parseHostPort(address);
    if (target !== undefined && (await probe(target.host, target.port))) return undefined;
    return `${variable}: nothing answers at ${address}`;
  };
  const found = await Promise.all([
    mysqlProblem(addresses.mysqlUrl),
    ...addresses.kafkaBrokers.map((broker) => answers('MERIDIAN_KAFKA_BROKERS', broker, probeKafka)),
    ...Object.entries(addresses.cassandra).flatMap(([region, nodes]) =>
      list(nodes).map((node) => answers(cassandraVariable(region), node, probeCassandra)),
    ),
  ]);
  const problems = found.filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new ExternalEnginesError(problems);
  return addresses;
}

/** The status of an engine that the environment names. */
export interface ExternalStatus {
  /** `mysql`, `kafka` or `cassandra-REGION`. */
  readonly name: string;
  readonly state: 'running' | 'silent';
  /** `host:port`, or several, separated by commas. The engine runs when one of these answers. */
  readonly address: string;
}

/** Asks each engine that the environment names, in its protocol. Throws ExternalEnginesError when an address is malformed. */
export async function externalStatus(environment: Environment): Promise<readonly ExternalStatus[]> {
  const { mysqlUrl, kafkaBrokers, cassandra } = parseExternal(environment);
  const status = async (name: string, address: string, probe: typeof probeKafka): Promise<ExternalStatus> => {
    const answers = list(address).map(async (one) => {
      const target = parseHostPort(one);
      return target !== undefined && probe(target.host, target.port);
    });
    const state = (await Promise.all(answers)).some(Boolean) ? 'running' : 'silent';
    return { name, state, address };
  };
  const { host, port } = mysqlAddress(mysqlUrl) ?? { host: '', port: mysqlPort };
  const answersAsMysql = async (at: string, on: number) => (await probeMysql(at, on)) !== undefined;
  return Promise.all([
    status('mysql', `${host}:${port}`, answersAsMysql),
    status('kafka', kafkaBrokers.join(','), probeKafka),
    ...Object.entries(cassandra).map(([region, nodes]) =>
      status(`cassandra-${region}`, nodes, probeCassandra),
    ),
  ]);
}
