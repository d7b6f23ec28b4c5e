/** The engines by the names that every function of this package takes. */
export const engineNames = ['mysql', 'kafka', 'cassandra-eu-west', 'cassandra-us-east'] as const;
export type EngineName = (typeof engineNames)[number];

export type EngineMode = 'local' | 'docker' | 'external';

/**
 * How the JVM compiles Kafka and Cassandra. `quick` halves the cost of a start and suits development and tests. `full`
 * compiles hot code again for speed, as a load test needs.
 */
export type Compiler = 'quick' | 'full';

/**
 * When a Cassandra node acknowledges a write (its `commitlog_sync`). `periodic`, Cassandra's own default, acknowledges
 * before the write is in the log. A killed node then loses the acknowledged writes of the last tenth of a second. Other
 * replicas of the region would have these writes, but here there are none. `batch` acknowledges once the write is on
 * the disk, and is slower.
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
  /** `notice` is worth a separate line, such as where an engine was found. */
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
