import { descriptorSet, validateRequest } from '@meridian/contracts';
import { systemClock } from '@meridian/kernel';
import { connectKafka } from '@meridian/messaging';
import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { announceReplica, watchJournal } from '@meridian/relay';
import { startRpcServer } from '@meridian/rpc';
import { createMasterKey, keyMigrationsFolder } from '@meridian/sealing';
import type { Host, RunningService } from '@meridian/service-host';
import {
  createCommandQueue,
  createKnownJournal,
  createUnitOfWork,
  migrationsFolder,
  type CommandQueue,
  type KnownJournal,
} from '@meridian/write-store';
import type { CommandServiceConfig } from './config.ts';
import { startKeyKeeping, type KeyKeeping } from './key-keeping.ts';
import { commandMetrics, type CommandMetrics } from './metrics.ts';
import { openJournal } from './operations/journal-service.ts';
import { startPurge } from './purge.ts';
import { createCommandRunner } from './run-command.ts';
import { registerServices } from './services.ts';
import { startRelaying, type Relaying } from './relaying.ts';
import { toCallerError } from './to-caller-error.ts';
import { verifyKeys } from './verify-keys.ts';

/** How long commands wait for the first look at Kafka. A Kafka that is away does not hold them up for longer. */
const FIRST_LOOK_MS = 5_000;

/** Builds command-service: the one place that knows its adapters. */
export async function compose(host: Host, config: CommandServiceConfig): Promise<RunningService> {
  const { log } = host;
  const url = config.MERIDIAN_MYSQL_URL;
  await migrate({ url, database: config.MERIDIAN_MYSQL_DATABASE, folder: migrationsFolder });
  await migrate({ url, database: config.MERIDIAN_KEYS_DATABASE, folder: keyMigrationsFolder });
  const connectionLimit = config.MERIDIAN_MYSQL_CONNECTIONS;
  const known = createKnownJournal();
  const pool = createPool({
    ...{ url, database: config.MERIDIAN_MYSQL_DATABASE, connectionLimit },
    // Whoever answers there may not be the database that went.
    onConnected: () => watch.poke(),
  });
  const { MERIDIAN_KAFKA_BROKERS: brokers, MERIDIAN_TOPIC_PREFIX: topicPrefix } = config;
  const kafka = connectKafka({ brokers, clientId: config.MERIDIAN_REPLICA, log });
  const watch = watchJournal({ pool, journal: known, kafka, topicPrefix, log });
  await verifyKeys(pool, config);
  const keys = keysOf(config, pool, log);

  const announced = await announceReplica({ pool, replica: config.MERIDIAN_REPLICA, log });
  const metrics = commandMetrics(host.metrics, pool);
  metrics.watchJournal(watch);
  const relaying = startRelaying({ config, pool, kafka, watch, log, onPublished: metrics.published });
  const queue = queueOf({ config, pool, known, metrics, relaying });
  metrics.watchQueue(() => queue.depth());
  const runner = createCommandRunner({ queue, fingerprintKey: config.MERIDIAN_FINGERPRINT_KEY });
  const purge = startPurge(pool, log);
  const journal = openJournal(config);
  await watch.first(FIRST_LOOK_MS);
  const server = await startRpcServer({
    address: config.MERIDIAN_GRPC_ADDRESS,
    validate: validateRequest,
    explain: toCallerError,
    observe: host.metrics.observeCall,
    log,
    descriptorSet,
    shutdownPauseMs: config.MERIDIAN_SHUTDOWN_PAUSE_MS,
    maxConcurrentPerMethod: config.MERIDIAN_QUEUE_COMMANDS,
    streamIdleMs: config.MERIDIAN_STREAM_IDLE_MS,
    register: (registry) =>
      registerServices(registry, {
        runner,
        pool,
        keys: keys.store,
        clock: systemClock,
        timeZone: config.MERIDIAN_TIME_ZONE,
        journal: journal.implementation,
        onKeysChanged: keys.wake,
      }),
  });

  return {
    grpcPort: server.port,
    ready: async () => (await pool.query('SELECT 1')).rows.length === 1 && watch.behind() === undefined,
    serving: (ready) => server.setServing(ready),
    async drain() {
      journal.stop();
      await server.shutdown(config.MERIDIAN_DRAIN_MS / 2);
      await queue.drain();
    },
    async stop() {
      purge.stop();
      await relaying.stop();
      await watch.stop();
      await keys.stop();
      await journal.close();
      await announced.stop();
      await pool.close();
    },
  };
}

function keysOf(config: CommandServiceConfig, pool: MysqlPool, log: Host['log']): KeyKeeping {
  const [localDataCenter = ''] = config.MERIDIAN_REGIONS;
  return startKeyKeeping({
    pool,
    log,
    keysSchema: config.MERIDIAN_KEYS_DATABASE,
    ordersSchema: config.MERIDIAN_MYSQL_DATABASE,
    masterKey: createMasterKey(config.MERIDIAN_MASTER_KEY),
    cassandra: { contactPoints: config.MERIDIAN_CASSANDRA, localDataCenter },
    keyspace: `${config.MERIDIAN_KEYSPACE}_keys`,
  });
}

function queueOf(parts: {
  readonly config: CommandServiceConfig;
  readonly pool: MysqlPool;
  readonly known: KnownJournal;
  readonly metrics: CommandMetrics;
  readonly relaying: Relaying;
}): CommandQueue {
  const { config, pool, known, metrics, relaying } = parts;
  return createCommandQueue({
    unitOfWork: createUnitOfWork({
      ...{ pool, journal: known },
      onRetry: metrics.retried,
      onCommitted: (committed) => relaying.committed(committed),
    }),
    maxCommands: config.MERIDIAN_GROUP_COMMANDS,
    maxQueued: config.MERIDIAN_QUEUE_COMMANDS,
    onGroup: metrics.grouped,
  });
}
