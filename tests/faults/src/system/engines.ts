import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connectCassandra, dropKeyspace } from '@meridian/cassandra';
import { CONTEXTS, topicOf } from '@meridian/contracts';
import {
  cassandraNodes,
  contactPointsOf,
  killEngine,
  namedEngines,
  nodetool,
  pauseEngine,
  restartEngine,
  resumeEngine,
  startEngines,
  workspaceFolder,
  type CassandraNode,
  type EngineName,
  type RunningEngines,
} from '@meridian/engines';
import { connectKafka, deleteTopics } from '@meridian/messaging';
import { createPool } from '@meridian/mysql';

/** Engines of a run: its own, which it may harm, or those that the environment names, where only services are harmed. */
export interface FaultyEngines {
  readonly environment: Readonly<Record<string, string>>;
  readonly regions: readonly string[];
  readonly mysqlPort: number;
  readonly kafkaPort: number;
  /** The nodes of Cassandra, in all regions. */
  readonly nodes: readonly CassandraNode[];
  /** Milliseconds between the regions, there and back. */
  readonly distanceMs: number;
  kill(engine: EngineName): Promise<void>;
  /** Starts a killed one again, on the same ports and data. */
  restart(engine: EngineName): Promise<void>;
  /** Freezes one: its connections stay open, and nothing answers. */
  pause(engine: EngineName): Promise<void>;
  /** Lets a frozen one go on. */
  resume(engine: EngineName): Promise<void>;
  /** Makes a Cassandra node keep no hints for others, until it is started again. */
  withoutHints(engine: EngineName): Promise<void>;
  /** Streams a keyspace to a Cassandra node from another region, for a region that did not have the keyspace before. */
  fill(engine: EngineName, keyspace: string, fromRegion: string): Promise<void>;
  /** Removes what a run kept under a name, where the engines outlive it. */
  forget(space: string): Promise<void>;
  /** Stops its own and removes their data; leaves those of others alone. */
  stop(): Promise<void>;
}

/** How a run's own engines are. */
export interface FaultyEnginesOptions {
  /** One when left out. */
  readonly nodesPerRegion?: number;
  /** Milliseconds between the regions, there and back; none when left out. */
  readonly distanceMs?: number;
  /** Ends a start that is under way: it rejects with the signal's reason, and nothing that it started still runs. */
  readonly signal?: AbortSignal;
}

/**
 * Starts engines of a run's own in a folder of the workspace, with so many nodes per region. They are killed, and in a region of
 * one node that is the only replica: it may acknowledge only what it keeps.
 */
export async function startFaultyEngines(
  name: string,
  { nodesPerRegion = 1, distanceMs, signal }: FaultyEnginesOptions = {},
): Promise<FaultyEngines> {
  signal?.throwIfAborted();
  const folder = await ownFolder(path.join(workspaceFolder(), '.meridian/faults', name));
  const dataFolder = path.join(folder, 'engines');
  // Engines that the environment names belong to others: they are not harmed.
  const { MERIDIAN_MYSQL_URL: _url, ...environment } = process.env;
  const engines = await startEngines({
    mode: 'local',
    dataFolder,
    environment,
    commitLog: 'batch',
    nodesPerRegion,
    ...(distanceMs === undefined ? {} : { distanceMs }),
    signal,
  });
  return {
    ...placesOf(engines),
    nodes: cassandraNodes(nodesPerRegion),
    distanceMs: distanceMs ?? 0,
    kill: (engine) => killEngine(dataFolder, engine),
    restart: (engine) => restartEngine(dataFolder, engine),
    pause: (engine) => pauseEngine(dataFolder, engine),
    resume: (engine) => resumeEngine(dataFolder, engine),
    withoutHints: (engine) => nodetool(dataFolder, engine, ['disablehandoff']),
    fill: (engine, keyspace, from) => nodetool(dataFolder, engine, ['rebuild', '-ks', keyspace, '--', from]),
    forget: () => Promise.resolve(),
    async stop() {
      await engines.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/**
 * The engines that the environment names, which other runs may use at the same time: nothing of theirs can be killed. Throws when they
 * are not on this machine, where the proxies of a run would not stand between.
 */
export function useNamedEngines(): FaultyEngines {
  const places = placesOf(namedEngines(process.env));
  const [home = ''] = places.regions;
  const addresses = [
    places.environment['MERIDIAN_KAFKA_BROKERS'],
    ...contactPointsOf(places.environment, home),
  ];
  if (addresses.some((address) => !address?.startsWith('127.0.0.1:')))
    throw new Error('the engines that the environment names are not at 127.0.0.1');
  const refuse = (engine: EngineName) =>
    Promise.reject(new Error(`${engine} belongs to the environment and is not harmed`));
  return {
    ...places,
    nodes: [],
    distanceMs: 0,
    kill: refuse,
    restart: refuse,
    pause: refuse,
    resume: refuse,
    withoutHints: refuse,
    fill: refuse,
    forget: (space) => removeSpace(places, space),
    stop: () => Promise.resolve(),
  };
}

type Places = Pick<FaultyEngines, 'environment' | 'regions' | 'mysqlPort' | 'kafkaPort'>;

function placesOf(engines: RunningEngines): Places {
  const environment = engines.environment();
  return {
    environment,
    regions: Object.keys(engines.addresses.cassandra),
    mysqlPort: Number(new URL(environment['MERIDIAN_MYSQL_URL'] ?? '').port),
    kafkaPort: Number((environment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(':').at(-1)),
  };
}

/** Removes the databases, topics and keyspaces of a run. */
async function removeSpace({ environment, regions }: Places, space: string): Promise<void> {
  const pool = createPool({ url: environment['MERIDIAN_MYSQL_URL'] ?? '', connectionLimit: 1 });
  for (const database of [space, `${space}_keys`]) await pool.query(`DROP DATABASE IF EXISTS ${database}`);
  await pool.close();
  const brokers = (environment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
  const topics = CONTEXTS.map((context) => topicOf(context, space));
  await deleteTopics(connectKafka({ brokers, clientId: 'faults-remover' }), topics);
  const [home = ''] = regions;
  const contactPoints = contactPointsOf(environment, home);
  const session = await connectCassandra({ contactPoints, localDataCenter: home });
  for (const keyspace of [space, `${space}_keys`]) await dropKeyspace(session, keyspace);
  await session.close();
}

/** A folder for this run alone: another run of the same name that is still under way keeps its own. */
async function ownFolder(wanted: string): Promise<string> {
  const owner = Number(await readFile(path.join(wanted, 'owner'), 'utf8').catch(() => ''));
  const folder = owner > 0 && owner !== process.pid && isAlive(owner) ? `${wanted}-${process.pid}` : wanted;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'owner'), String(process.pid));
  return folder;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
