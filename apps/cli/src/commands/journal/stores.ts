import { cassandraVariable } from '@meridian/engines';
import { defaultStackFolder, namesFromEnvironment, readStackState } from '@meridian/local-stack';
import { createPool, type MysqlPool } from '@meridian/mysql';
import { CommanderError, type Command } from 'commander';

/** The caller's options for the places of journal and topics. */
export interface StoreOptions {
  readonly mysql?: string;
  readonly database?: string;
  readonly kafka?: string;
  readonly topicPrefix?: string;
}

/** The caller's options for the places of the read models. */
export interface ReaderOptions extends StoreOptions {
  readonly cassandra?: string;
  readonly keyspace?: string;
  readonly region?: string;
}

/** Where the read models are. */
export interface ReaderStores extends Stores {
  /** Nodes of the region to ask. */
  readonly contactPoints: readonly string[];
  readonly region: string;
  /** The home region when the stack or the environment names it; else the region to ask. */
  readonly home: string;
  readonly keyspace: string;
}

/** Where journal and topics are. */
export interface Stores {
  readonly mysqlUrl: string;
  readonly database: string;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
}

/**
 * Adds the options that name the stores to a command that uses the stores directly. Such a command also works while no
 * service runs.
 */
export function withStores(command: Command): Command {
  return command
    .option('--mysql <url>', 'mysql://user:password@host:port/; the stack’s, or MERIDIAN_MYSQL_URL')
    .option('--database <name>', 'the schema; the stack’s, or MERIDIAN_MYSQL_DATABASE')
    .option('--kafka <brokers>', 'host:port,…; the stack’s, or MERIDIAN_KAFKA_BROKERS')
    .option('--topic-prefix <name>', 'the stack’s, or MERIDIAN_TOPIC_PREFIX');
}

/**
 * Finds the stores. The stores come from the options, else from the stack of this machine (running or not), else from
 * the environment. Variables have the names that the services read. Throws an error that names what is missing.
 */
export function storesOf(
  options: StoreOptions,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Stores {
  const stack = readStackState(defaultStackFolder());
  const names = stack?.names ?? namesFromEnvironment(environment);
  const from = stack?.engineEnvironment ?? environment;
  const needed = (given: string | undefined, variable: string) => {
    const value = given ?? from[variable];
    if (value) return value;
    throw new CommanderError(
      1,
      'meridian.noStores',
      `there is no stack here: name the stores, or set ${variable} as for command-service`,
    );
  };
  return {
    mysqlUrl: needed(options.mysql, 'MERIDIAN_MYSQL_URL'),
    brokers: needed(options.kafka, 'MERIDIAN_KAFKA_BROKERS').split(','),
    database: options.database ?? names.database,
    topicPrefix: options.topicPrefix ?? names.topicPrefix,
  };
}

/** As `withStores`, for a command that also uses the read models. */
export function withReaders(command: Command): Command {
  return withStores(command)
    .option('--region <region>', 'the region to work from; the home region when left out')
    .option('--cassandra <nodes>', 'its nodes, host:port,…; the stack’s, or MERIDIAN_CASSANDRA')
    .option('--keyspace <name>', 'the stack’s, or MERIDIAN_KEYSPACE');
}

/** Finds the read models as `storesOf` finds the stores. */
export function readersOf(
  options: ReaderOptions,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ReaderStores {
  const stack = readStackState(defaultStackFolder());
  const [named] = stack?.regions ?? environment['MERIDIAN_REGIONS']?.split(',') ?? [];
  const region = options.region ?? (named || 'eu-west');
  const nodes =
    options.cassandra ??
    stack?.engineEnvironment[cassandraVariable(region)] ??
    environment['MERIDIAN_CASSANDRA'];
  if (!nodes) {
    const message = `there is no stack here: name the nodes of ${region}, or set MERIDIAN_CASSANDRA as for a projector`;
    throw new CommanderError(1, 'meridian.noStores', message);
  }
  const { keyspace } = stack?.names ?? namesFromEnvironment(environment);
  return {
    ...storesOf(options, environment),
    region,
    home: named || region,
    contactPoints: nodes.split(','),
    keyspace: options.keyspace ?? keyspace,
  };
}

/** Runs work on the journal's schema and closes the connections. */
export async function onJournal<Result>(
  { mysqlUrl, database }: Stores,
  use: (pool: MysqlPool) => Promise<Result>,
): Promise<Result> {
  const pool = createPool({ url: mysqlUrl, database, connectionLimit: 4 });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}
