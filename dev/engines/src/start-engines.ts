import { engineEnvironment } from './addresses.ts';
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
import { engineNames } from './engine-types.ts';
import { ExternalEnginesError } from './errors.ts';
import { externalEngines, mysqlProblem, parseExternal } from './external-engines.ts';
import { defaultDataFolder } from './folders.ts';
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
  /** The MERIDIAN_* variables that services and tests read. */
  environment(): Record<string, string>;
  /**
   * Stops every engine of the data folder, reused engines too; external engines are not touched. May be called again.
   */
  stop(): Promise<void>;
}

/**
 * Brings up MySQL, Kafka and one Cassandra node per region. Resolves when each engine answers and the nodes see each
 * other.
 *
 * Engines run on when this process ends, however it ends. The next start of the same data folder finds these engines,
 * uses those that answer and replaces the others. Rejects with EngineRequirementsError (everything that is missing
 * here, at once), EngineStartError, CommandFailedError (a download) or ExternalEnginesError. After a rejection, no
 * engine that this call started still runs.
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
  if (mode === 'external') return running(await externalEngines(environment), engineNames);
  const { signal, compiler = 'quick', commitLog = 'periodic', durableSchema = true } = options;
  if (mode === 'docker') {
    const { addresses, reused } = await startDocker(dataFolder, { environment, onProgress, signal });
    return running(addresses, reused);
  }
  const givenMysqlUrl = environment.MERIDIAN_MYSQL_URL === '' ? undefined : environment.MERIDIAN_MYSQL_URL;
  if (givenMysqlUrl !== undefined) {
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
    givenMysqlUrl,
    onProgress,
    signal,
  });
  return running(started.addresses, started.reused);
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
    reused: engineNames,
    environment: () => engineEnvironment(addresses),
    stop: () => Promise.resolve(),
  };
}
