import { cassandraVariable } from '@meridian/engines';
import {
  defaultStackFolder,
  namesFromEnvironment,
  readStackState,
  type StackState,
} from '@meridian/local-stack';
import type { EngineSecurity, Environment } from '@meridian/service-host';
import { CommanderError, type Command } from 'commander';
import { environmentAccess, stackAccess, type EngineAccess } from './engine-access.ts';

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
  /** The keys' schema in MySQL. */
  readonly keysDatabase: string;
  /** Set where Cassandra is closed. */
  readonly cassandraSecurity?: EngineSecurity | undefined;
}

/**
 * Where journal and topics are. An engine that a command does not use need not be named. Reading an address that nobody
 * named throws an error that says how to name it.
 */
export interface Stores {
  readonly mysqlUrl: string;
  /** Set where MySQL is closed: whose signature on its certificate is trusted. */
  readonly mysqlAuthority?: string | undefined;
  readonly database: string;
  readonly brokers: readonly string[];
  /** Set where Kafka is closed. */
  readonly kafkaSecurity?: EngineSecurity | undefined;
  readonly topicPrefix: string;
}

/**
 * Adds the options that name the stores to a command that uses the stores directly. Such a command also works while no
 * service runs.
 */
export function withStores(command: Command): Command {
  return command
    .option('--mysql <url>', 'mysql://user:password@host:port/ (default: the stack’s, or MERIDIAN_MYSQL_URL)')
    .option('--database <name>', 'the schema (default: the stack’s, or MERIDIAN_MYSQL_DATABASE)')
    .option('--kafka <brokers>', 'host:port,… (default: the stack’s, or MERIDIAN_KAFKA_BROKERS)')
    .option(
      '--topic-prefix <name>',
      'how the topics’ names begin (default: the stack’s, or MERIDIAN_TOPIC_PREFIX)',
    );
}

/**
 * Finds the stores. The stores come from the options, else from the stack of this machine (running or not), else from
 * the environment. Variables have the names that the services read. A closed stack is entered as its administrator;
 * whatever else is named, as the environment says. What is missing shows when it is read.
 */
export function storesOf(options: StoreOptions, environment: Environment = process.env): Stores {
  return storesIn(surroundings(environment), options);
}

function storesIn({ found, given, names }: Surroundings, options: StoreOptions): Stores {
  return {
    get mysqlUrl() {
      return needed(options.mysql ?? found.mysqlUrl, 'MERIDIAN_MYSQL_URL');
    },
    mysqlAuthority: (options.mysql === undefined ? found : given()).mysqlAuthority,
    get brokers() {
      return needed(options.kafka ?? found.brokers, 'MERIDIAN_KAFKA_BROKERS').split(',');
    },
    kafkaSecurity: (options.kafka === undefined ? found : given()).kafka,
    database: options.database ?? names.database,
    topicPrefix: options.topicPrefix ?? names.topicPrefix,
  };
}

function needed(value: string | undefined, variable: string): string {
  if (value) return value;
  throw new CommanderError(
    1,
    'meridian.noStores',
    `there is no stack here: name the stores by options (see --help), or set ${variable} as for command-service`,
  );
}

/** What a command finds where it runs, before its options. */
interface Surroundings {
  /** The stack of this machine, running or not. */
  readonly stack: StackState | undefined;
  readonly names: StackState['names'];
  /** The access of the stack, or else of the environment. */
  readonly found: EngineAccess;
  /** The access that the environment gives, for engines other than those of the stack. */
  readonly given: () => EngineAccess;
}

function surroundings(environment: Environment): Surroundings {
  const folder = defaultStackFolder();
  const stack = readStackState(folder);
  const given = () => environmentAccess(environment);
  return {
    stack,
    names: stack?.names ?? namesFromEnvironment(environment),
    found: stack ? stackAccess(folder, stack) : given(),
    given,
  };
}

/** As `withStores`, for a command that also uses the read models. */
export function withReaders(command: Command): Command {
  return withStores(command)
    .option('--region <region>', 'the region to work from; the home region when left out')
    .option(
      '--cassandra <nodes>',
      'nodes of this region, host:port,… (default: the stack’s, or MERIDIAN_CASSANDRA)',
    )
    .option('--keyspace <name>', 'the keyspace (default: the stack’s, or MERIDIAN_KEYSPACE)');
}

/** Finds the read models as `storesOf` finds the stores. Throws an error when no node of Cassandra is named. */
export function readersOf(options: ReaderOptions, environment: Environment = process.env): ReaderStores {
  const here = surroundings(environment);
  const { stack, names, found, given } = here;
  const [named] = stack?.regions ?? environment['MERIDIAN_REGIONS']?.split(',') ?? [];
  const region = options.region ?? (named || 'eu-west');
  const nodes =
    options.cassandra ??
    stack?.engineEnvironment[cassandraVariable(region)] ??
    environment['MERIDIAN_CASSANDRA'];
  if (!nodes) {
    const message = `there is no stack here: name the nodes of ${region} with --cassandra, or set MERIDIAN_CASSANDRA as for a projector`;
    throw new CommanderError(1, 'meridian.noStores', message);
  }
  // Not spread: that would read every address.
  return Object.assign(storesIn(here, options), {
    region,
    home: named || region,
    contactPoints: nodes.split(','),
    cassandraSecurity: (options.cassandra === undefined ? found : given()).cassandra,
    keyspace: options.keyspace ?? names.keyspace,
    keysDatabase: names.keysDatabase,
  });
}
