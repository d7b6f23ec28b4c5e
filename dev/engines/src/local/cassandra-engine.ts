import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { classPath } from '../sources/java-libraries.ts';
import type { CommitLog } from '../engine-types.ts';
import type { PreparedEngine } from './mysql-engine.ts';
import type { PrepareContext } from './prepare-context.ts';
import { compilerLevel } from './prepare-context.ts';
import { renderJvmOptions, renderTemplate } from './render.ts';

/** The node of each region. Each has its own address, because all nodes of a cluster share their ports. */
export const cassandraNodes = [
  { name: 'cassandra-eu-west', region: 'eu-west', host: '127.0.0.1' },
  { name: 'cassandra-us-east', region: 'us-east', host: '127.0.0.2' },
] as const;
export type CassandraNode = (typeof cassandraNodes)[number];

export const cassandraHosts: readonly string[] = cassandraNodes.map(({ host }) => host);

export interface CassandraPorts {
  readonly client: number;
  readonly storage: number;
  readonly jmx: number;
}

/**
 * The name of the data folder's cluster, made on first use. The name is unique: nodes of two workspaces that meet on
 * one port refuse each other, instead of becoming one cluster.
 */
export function readClusterName(dataFolder: string): string {
  const path = join(dataFolder, 'cassandra-cluster-name');
  if (!existsSync(path)) writeFileSync(path, `meridian-${randomBytes(4).toString('hex')}\n`);
  return readFileSync(path, 'utf8').trim();
}

const storagePortFile = (dataFolder: string): string => join(dataFolder, 'cassandra-storage-port');

/** Whether the nodes of a data folder know each other by another storage port than this one. */
export function haveMoved(dataFolder: string, storagePort: number): boolean {
  const path = storagePortFile(dataFolder);
  return existsSync(path) && Number(readFileSync(path, 'utf8')) !== storagePort;
}

/** Records the storage port by which the nodes of a data folder know each other. */
export function keepStoragePort(dataFolder: string, storagePort: number): void {
  writeFileSync(storagePortFile(dataFolder), `${storagePort}\n`);
}

export interface CassandraNodeSettings {
  readonly node: CassandraNode;
  readonly clusterName: string;
  readonly java: string;
  /** The folder with Cassandra's jars. */
  readonly libraries: string;
  readonly ports: CassandraPorts;
}

/** How often the log is also written to the disk. With `batch`, Cassandra refuses any period. */
const COMMIT_LOG_PERIODS: Readonly<Record<CommitLog, string>> = { periodic: '1000ms', batch: '0ms' };

/**
 * After its work, a thread of Cassandra waits for more work: for 10 ms, it sleeps for 10 µs again and again. At 150
 * orders per second, that makes some 20,000 short sleeps per second and node, and each takes a core from another
 * process. Sleeps of half a millisecond cost a third of that. On two cores, an order is then visible in half the time.
 */
const TIMER_SLACK_US = 500;

/** Writes a node's configuration. Every node has all nodes as seeds, so that any node may start first. */
export function prepareCassandra(
  { node, clusterName, java, libraries, ports }: CassandraNodeSettings,
  { templates, dataFolder, compiler, commitLog, durableSchema }: PrepareContext,
): PreparedEngine {
  const folder = join(dataFolder, node.name);
  mkdirSync(folder, { recursive: true });
  const configuration = renderTemplate(
    templates,
    'cassandra/cassandra.yaml',
    join(folder, 'cassandra.yaml'),
    {
      CLUSTER_NAME: clusterName,
      HOST: node.host,
      PORT: ports.client,
      STORAGE_PORT: ports.storage,
      SEEDS: cassandraNodes.map(({ host }) => `${host}:${ports.storage}`).join(','),
      DATA_FOLDER: folder,
      COMMIT_LOG: commitLog,
      COMMIT_LOG_PERIOD: COMMIT_LOG_PERIODS[commitLog],
    },
  );
  const rack = 'cassandra/cassandra-rackdc.properties';
  const options = renderJvmOptions(templates, 'cassandra/jvm.options', {
    LOG_CONFIGURATION: renderTemplate(templates, 'cassandra/logback.xml', join(folder, 'logback.xml')),
    CONFIGURATION: configuration,
    RACK_CONFIGURATION: renderTemplate(templates, rack, join(folder, 'cassandra-rackdc.properties'), {
      DATA_CENTER: node.region,
    }),
    DATA_FOLDER: folder,
    JMX_PORT: ports.jmx,
    COMPILER_LEVEL: compilerLevel(compiler),
    FLUSH_SCHEMA: String(durableSchema),
  });
  // A node would take the other node's former address for a second node with the same id, and confuse the two.
  const forget = haveMoved(dataFolder, ports.storage) ? ['-Dcassandra.load_ring_state=false'] : [];
  const args = [
    ...options,
    ...forget,
    '-cp',
    classPath(libraries),
    'org.apache.cassandra.service.CassandraDaemon',
  ];
  return {
    launch: {
      command: java,
      args,
      cwd: folder,
      logFile: join(folder, `${node.name}.log`),
      timerSlackUs: TIMER_SLACK_US,
    },
    from: `libraries in ${libraries}`,
  };
}
