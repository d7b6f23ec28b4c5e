/**
 * The engines by the names that every function of this package takes. The nodes of a region are numbered from the second
 * on; how many there are is chosen at a data folder's first start. `distance` is the process that keeps the regions
 * apart, where these are.
 */
export const engineNames = [
  'mysql',
  'kafka',
  'cassandra-eu-west',
  'cassandra-us-east',
  'cassandra-eu-west-2',
  'cassandra-us-east-2',
  'cassandra-eu-west-3',
  'cassandra-us-east-3',
  'distance',
] as const;
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
 * replicas of the region have these writes, but a region of one node has none. `batch` acknowledges once the write is
 * on the disk, and is slower.
 */
export type CommitLog = 'periodic' | 'batch';

export interface EngineAddresses {
  /** Without a database name: `mysql://root@127.0.0.1:3306/`. */
  readonly mysqlUrl: string;
  /** Each `host:port`. */
  readonly kafkaBrokers: readonly string[];
  /** The nodes of each region, `host:port` with commas between; the first region is the home region. */
  readonly cassandra: Readonly<Record<string, string>>;
  /**
   * By region: the nodes of the other regions as its clients have to name these. Left out where there is no distance
   * between regions. Then everybody uses the same addresses.
   */
  readonly cassandraFrom?: Readonly<Record<string, Readonly<Record<string, string>>>>;
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
