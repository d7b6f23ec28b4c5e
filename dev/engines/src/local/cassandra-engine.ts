import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CassandraNode, CassandraPorts } from '../cassandra-nodes.ts';
import { broadcastHost, cassandraNodes } from '../cassandra-nodes.ts';
import { classPath } from '../sources/java-libraries.ts';
import type { PreparedEngine } from '../engine-state.ts';
import type { CommitLog, Compiler } from '../engine-types.ts';
import type { ClosedContext, PrepareContext } from './prepare-context.ts';
import { compilerLevel } from './prepare-context.ts';
import { renderJvmOptions, renderParts, renderTemplate } from './render.ts';

const clusterNameFile = (dataFolder: string): string => join(dataFolder, 'cassandra-cluster-name');

/** Whether Cassandra was ever started in a data folder: its cluster then has a name. */
export const hasCassandraData = (dataFolder: string): boolean => existsSync(clusterNameFile(dataFolder));

/**
 * The name of the data folder's cluster, made on first use. The name is unique: nodes of two workspaces that meet on
 * one port refuse each other, instead of becoming one cluster.
 */
export function readClusterName(dataFolder: string): string {
  const path = clusterNameFile(dataFolder);
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
  readonly nodesPerRegion: number;
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

/**
 * The heap of a region's only node, and of one of several, which share a machine. With the full compilers a node serves a whole bench.
 * With 320 MB, two of six ended there, and the heaps of the others were full.
 */
const HEAP_MB: Readonly<Record<Compiler, { readonly alone: number; readonly oneOfSeveral: number }>> = {
  quick: { alone: 512, oneOfSeveral: 320 },
  full: { alone: 512, oneOfSeveral: 768 },
};

/**
 * Writes a node's configuration. Every node has all nodes as seeds. So any node may start first, or again while all
 * others are away. No node of a new cluster waits for data to be streamed to it.
 */
export async function prepareCassandra(
  { node, nodesPerRegion, clusterName, java, libraries, ports }: CassandraNodeSettings,
  { templates, dataFolder, compiler, commitLog, durableSchema, closed, distanceMs }: PrepareContext,
): Promise<PreparedEngine> {
  const folder = join(dataFolder, node.name);
  mkdirSync(folder, { recursive: true });
  const nodes = cassandraNodes(nodesPerRegion);
  const known = (one: CassandraNode) => (distanceMs === undefined ? one.host : broadcastHost(one));
  const values = {
    CLUSTER_NAME: clusterName,
    HOST: node.host,
    BROADCAST_HOST: known(node),
    PORT: ports.client,
    STORAGE_PORT: ports.storage,
    SEEDS: nodes.map((one) => `${known(one)}:${ports.storage}`).join(','),
    DATA_FOLDER: folder,
    COMMIT_LOG: commitLog,
    COMMIT_LOG_PERIOD: COMMIT_LOG_PERIODS[commitLog],
  };
  const configuration = renderParts(templates, join(folder, 'cassandra.yaml'), [
    ['cassandra/cassandra.yaml', values],
    closed ? ['cassandra/closed.yaml', await closedValues(node, closed)] : ['cassandra/open.yaml', {}],
  ]);
  const rack = 'cassandra/cassandra-rackdc.properties';
  const options = renderJvmOptions(templates, 'cassandra/jvm.options', {
    HEAP_MB: nodesPerRegion === 1 ? HEAP_MB[compiler].alone : HEAP_MB[compiler].oneOfSeveral,
    LOG_CONFIGURATION: renderTemplate(templates, 'cassandra/logback.xml', join(folder, 'logback.xml')),
    CONFIGURATION: configuration,
    RACK_CONFIGURATION: renderTemplate(templates, rack, join(folder, 'cassandra-rackdc.properties'), {
      DATA_CENTER: node.region,
      PREFER_LOCAL: String(distanceMs !== undefined),
    }),
    DATA_FOLDER: folder,
    JMX_PORT: ports.jmx,
    COMPILER_LEVEL: compilerLevel(compiler),
    FLUSH_SCHEMA: String(durableSchema),
    UNSAFE_SYSTEM: String(!durableSchema),
  }).filter((option) => !closed || !option.startsWith('-Dcassandra.jmx.'));
  // A node would take the other node's former address for a second node with the same id, and confuse the two.
  const forget = haveMoved(dataFolder, ports.storage) ? ['-Dcassandra.load_ring_state=false'] : [];
  // All nodes keep all accounts from the start: with one copy, the node without it could let nobody in.
  // Passwords of 32 random bytes gain nothing from slow hashes, which take a core for a tenth of a second per connection.
  const accounts = closed
    ? [`-Dcassandra.system_auth.default_rf=${nodes.length}`, '-Dcassandra.auth_bcrypt_gensalt_log2_rounds=4']
    : [];
  const args = [
    ...options,
    ...accounts,
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

async function closedValues({ name }: CassandraNode, { secrets }: ClosedContext) {
  const { bothFile } = await secrets.identity(name);
  return { IDENTITY: bothFile, AUTHORITY: secrets.authorityFile };
}
