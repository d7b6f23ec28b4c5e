import { mkdirSync, realpathSync } from 'node:fs';
import { engineEnvironment } from './addresses.ts';
import {
  areClosed,
  closedEnginesOf,
  engineSecrets,
  EnginesAccessError,
  refuseOpenData,
  type Account,
  type ClosedEngines,
} from './closed/closed-engines.ts';
import { startDocker } from './docker-engines.ts';
import type {
  CommitLog,
  Compiler,
  EngineAddresses,
  EngineMode,
  EngineName,
  Environment,
  OnProgress,
} from './engine-types.ts';
import { enginesWith } from './cassandra-nodes.ts';
import { ClusterSizeError, DistanceError, ExternalEnginesError } from './errors.ts';
import { externalEngines, mysqlProblem, parseExternal } from './external-engines.ts';
import { defaultDataFolder } from './folders.ts';
import type { ClosedContext } from './local/prepare-context.ts';
import { startLocalEngines } from './local/start-local-engines.ts';
import { stopEngines } from './stop-engines.ts';

export interface StartEnginesOptions {
  /**
   * `local` (the default) runs the programs as processes, `docker` runs containers, `external` uses the engines that
   * the environment names.
   */
  readonly mode?: EngineMode;
  /** Where the engines keep data, logs and state; `.meridian/engines` of the workspace by default. */
  readonly dataFolder?: string;
  /** `quick` by default; `full` for load tests. An engine that runs already keeps its mode. */
  readonly compiler?: Compiler;
  /**
   * `periodic` by default; `batch` where a node is killed and must keep its acknowledged writes. In mode `local` only.
   */
  readonly commitLog?: CommitLog;
  /**
   * Whether a killed Cassandra node still knows the newest tables; true by default. Where no node is killed, `false`
   * creates a table in a third of the time. In mode `local` only.
   */
  readonly durableSchema?: boolean;
  /**
   * Cassandra nodes per region, 1 to 3. One by default, or as many as the data folder has: that number stays for good, and
   * another is refused. In mode `local` only.
   */
  readonly nodesPerRegion?: number;
  /**
   * Milliseconds between the regions, there and back, from 0 to MOST_DISTANCE_MS. The regions' Cassandra nodes are so far
   * apart, and so are a client of one region and a node of another. What was last wanted for the data folder when left
   * out; none at first. Data that was made without a distance stays without. In mode `local` and for open engines only.
   */
  readonly distanceMs?: number;
  /**
   * Set: the engines are closed, by TLS and accounts, and Kafka knows these accounts from its first start. A data folder is
   * open or closed for good, so that closed engines stay closed where this is left out later. In mode `local` only.
   */
  readonly closed?: { readonly kafkaAccounts: readonly Account[] };
  /** Called often, in no fixed order between engines. */
  readonly onProgress?: OnProgress;
  /**
   * Ends a start that is under way. Everything that it started is stopped again, and the start rejects with the
   * signal's reason.
   */
  readonly signal?: AbortSignal;
  /** `process.env` by default. In mode `local`, MERIDIAN_MYSQL_URL names a MySQL server to use instead of a new one. */
  readonly environment?: Environment;
}

export interface RunningEngines {
  readonly mode: EngineMode;
  readonly addresses: EngineAddresses;
  /** Engines that ran before this start. */
  readonly reused: readonly EngineName[];
  /** Set where the engines are closed. */
  readonly closed?: ClosedEngines;
  /** The MERIDIAN_* variables that services and tests read. */
  environment(): Record<string, string>;
  /**
   * Stops every engine of the data folder, reused engines too; external engines are not touched. May be called again.
   */
  stop(): Promise<void>;
}

/**
 * Brings up MySQL, Kafka and the Cassandra nodes of each region. Resolves when each engine answers and the nodes see each
 * other.
 *
 * Engines run on when this process ends, however it ends. The next start of the same data folder finds these engines,
 * uses those that answer and replaces the others. Rejects with EngineRequirementsError (everything that is missing
 * here, at once), EngineStartError, CommandFailedError (a download), ExternalEnginesError, ClusterSizeError or DistanceError. After a
 * rejection, no engine that this call started still runs.
 */
export async function startEngines(options: StartEnginesOptions = {}): Promise<RunningEngines> {
  const { mode = 'local', dataFolder = defaultDataFolder(), environment = process.env } = options;
  const onProgress = options.onProgress ?? (() => undefined);
  const running = (addresses: EngineAddresses, reused: readonly EngineName[]): RunningEngines => ({
    mode,
    addresses,
    reused,
    environment: () => engineEnvironment(addresses),
    stop: async () => {
      if (mode !== 'external') await stopEngines(dataFolder);
    },
  });
  if (options.nodesPerRegion !== undefined && mode !== 'local')
    throw new ClusterSizeError(
      `engines of mode ${mode} are as many as they are: leave the number of nodes out`,
    );
  if (options.distanceMs !== undefined && (mode !== 'local' || options.closed))
    throw new DistanceError('only open engines of mode local can be apart: leave the distance out');
  if (mode === 'external') return running(await externalEngines(environment), enginesWith(1));
  if (options.closed && mode !== 'local')
    throw new EnginesAccessError(`engines of mode ${mode} are not closed here`);
  const { signal, compiler = 'quick', commitLog = 'periodic', durableSchema = true } = options;
  if (mode === 'docker') {
    const { addresses, reused } = await startDocker(dataFolder, { environment, onProgress, signal });
    return running(addresses, reused);
  }
  const givenMysqlUrl = environment.MERIDIAN_MYSQL_URL === '' ? undefined : environment.MERIDIAN_MYSQL_URL;
  const closed = await closedContext(dataFolder, options);
  if (givenMysqlUrl !== undefined) {
    if (closed) throw new EnginesAccessError('unset MERIDIAN_MYSQL_URL: closed engines are all started here');
    const problem = await mysqlProblem(givenMysqlUrl);
    if (problem !== undefined) throw new ExternalEnginesError([problem]);
    onProgress({
      engine: 'mysql',
      step: 'notice',
      message: 'mysql: the server that MERIDIAN_MYSQL_URL names',
    });
  }
  const started = await startLocalEngines({
    dataFolder,
    environment,
    compiler,
    commitLog,
    durableSchema,
    closed,
    nodesPerRegion: options.nodesPerRegion,
    distanceMs: options.distanceMs,
    givenMysqlUrl,
    onProgress,
    signal,
  });
  const { addresses, reused } = started;
  return { ...running(addresses, reused), ...(closed ? { closed: closedEnginesOf(closed.secrets) } : {}) };
}

async function closedContext(
  dataFolder: string,
  { closed }: Pick<StartEnginesOptions, 'closed'>,
): Promise<ClosedContext | undefined> {
  if (!closed && !areClosed(dataFolder)) return undefined;
  if (closed) refuseOpenData(dataFolder);
  mkdirSync(dataFolder, { recursive: true });
  const secrets = await engineSecrets(realpathSync(dataFolder));
  return { secrets, kafkaAccounts: closed?.kafkaAccounts ?? [] };
}

/**
 * The engines that the environment names, without a check whether they answer. Throws ExternalEnginesError when an
 * address is malformed.
 */
export function namedEngines(environment: Environment): RunningEngines {
  const addresses = parseExternal(environment);
  return {
    mode: 'external',
    addresses,
    reused: enginesWith(1),
    environment: () => engineEnvironment(addresses),
    stop: () => Promise.resolve(),
  };
}
