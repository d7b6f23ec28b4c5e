/** The engines by the names that every function of this package takes. */
export const engineNames = ['mysql', 'kafka', 'cassandra-eu-west', 'cassandra-us-east'] as const;
export type EngineName = (typeof engineNames)[number];

export type EngineMode = 'local' | 'docker' | 'external';

/**
 * How Kafka and Cassandra are compiled. `quick` halves what a start costs and suits development and tests; `full` compiles
 * hot code again for speed, which is what a load test wants.
 */
export type Compiler = 'quick' | 'full';

/**
 * When a Cassandra node acknowledges a write (its `commitlog_sync`). `periodic`, Cassandra's own default, does before the write is
 * in the log: a node that is killed loses what it acknowledged in the last tenth of a second, which other replicas of the
 * region have; here there are none. `batch` acknowledges what is on the disk, and is slower.
 */
export type CommitLog = 'periodic' | 'batch';

export interface EngineAddresses {
  /** Without a database name: `mysql://root@127.0.0.1:3306/`. */
  readonly mysqlUrl: string;
  /** Each `host:port`. */
  readonly kafkaBrokers: readonly string[];
  /** The contact point, `host:port`, of each region; the first region is the home region. */
  readonly cassandra: Readonly<Record<string, string>>;
}

export interface EngineProgress {
  readonly engine: EngineName | 'cassandra' | 'docker';
  /** `notice` says something worth a line of its own, such as where an engine was found. */
  readonly step: 'download' | 'unpack' | 'start' | 'ready' | 'notice';
  readonly message: string;
  /** How much is done, of `total` when that is known, both in `unit`. */
  readonly done?: number;
  readonly total?: number;
  readonly unit?: 'bytes' | 'files';
}

export type OnProgress = (progress: EngineProgress) => void;

/** The environment that is read: `process.env`, or a part of it in a test. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function isEngineName(text: string): text is EngineName {
  return engineNames.some((name) => name === text);
}
