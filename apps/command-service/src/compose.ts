import { prepareListener, type Listener } from '@meridian/access';
import { checkRequest, descriptorSet } from '@meridian/contracts';
import { systemClock } from '@meridian/kernel';
import { connectKafka } from '@meridian/messaging';
import { checkMigrated, migrate, type MysqlPool } from '@meridian/mysql';
import { announceReplica, watchJournal } from '@meridian/relay';
import { startRpcServer, type RpcServer } from '@meridian/rpc';
import { createMasterKey, keyMigrationsFolder } from '@meridian/sealing';
import {
  cassandraSecurityOf,
  kafkaSecurityOf,
  mysqlAccessOf,
  type Host,
  type RunningService,
} from '@meridian/service-host';
import {
  createCommandQueue,
  createKnownJournal,
  createUnitOfWork,
  migrationsFolder,
  readCommitSettings,
  unsafeCommits,
  type CommandQueue,
  type KnownJournal,
} from '@meridian/write-store';
import type { CommandServiceConfig } from './config.ts';
import { keyGauge } from './key-gauge.ts';
import { startKeyKeeping, type KeyKeeping } from './key-keeping.ts';
import { commandMetrics, type CommandMetrics } from './metrics.ts';
import { openJournal, type JournalOverRpc } from './operations/journal-service.ts';
import { openPools, type Pools } from './pools.ts';
import { startPurge } from './purge.ts';
import { createCommandRunner, type CommandRunner } from './run-command.ts';
import { registerServices } from './services.ts';
import { startRelaying, type Relaying } from './relaying.ts';
import { toCallerError } from './to-caller-error.ts';
import { watchTopics } from './topic-watch.ts';
import { verifyKeys } from './verify-keys.ts';
import { watchDatabase } from './watch-database.ts';

/** How long commands wait for the first look at Kafka. A Kafka that is away does not hold them up for longer. */
const FIRST_LOOK_MS = 5_000;

/** Builds command-service: the one place that knows its adapters. */
export async function compose(host: Host, config: CommandServiceConfig): Promise<RunningService> {
  const { log } = host;
  const listener = await prepareListener(host, config, descriptorSet);
  const mysql = mysqlAccessOf(config);
  const ready = config.MERIDIAN_MIGRATE === 'on' ? migrate : checkMigrated;
  await ready({ ...mysql, database: config.MERIDIAN_MYSQL_DATABASE, folder: migrationsFolder });
  await ready({ ...mysql, database: config.MERIDIAN_KEYS_DATABASE, folder: keyMigrationsFolder });
  const known = createKnownJournal();
  // Whoever answers on a new connection may not be the database that went.
  const pools = openPools(config, { onConnected: () => watch.poke() });
  const { MERIDIAN_KAFKA_BROKERS: brokers, MERIDIAN_TOPIC_PREFIX: topicPrefix } = config;
  const kafka = connectKafka({
    brokers,
    clientId: config.MERIDIAN_REPLICA,
    log,
    security: kafkaSecurityOf(config),
  });
  const watch = watchJournal({ pool: pools.relay, journal: known, kafka, topicPrefix, log });
  await verifyKeys(pools.background, config);
  const keys = await keysOf(config, pools, log);

  const announced = await announceReplica({ pool: pools.relay, replica: config.MERIDIAN_REPLICA, log });
  const metrics = commandMetrics(host.metrics, pools.background);
  metrics.watchJournal(watch);
  const onPublished = metrics.published;
  await tellOfUnsafeCommits(pools.background, log);
  const topics = watchTopics({ kafka, topicPrefix, assumedBytes: config.MERIDIAN_TOPIC_MAX_BYTES, log });
  const relaying = startRelaying({ config, pool: pools.relay, kafka, watch, log, onPublished, topics });
  metrics.watchBlocked(() => relaying.blocked());
  const queue = queueOf({ config, pools, known, metrics, relaying });
  metrics.watchQueue(queue);
  keyGauge(host.metrics, () => keys.inLine());
  const database = watchDatabase({
    ask: () => pools.pulse.query('SELECT 1'),
    onChange: (isAnswering) => queue.storeAnswers(isAnswering),
  });
  const runner = createCommandRunner({
    queue,
    fingerprintKeys: config.MERIDIAN_FINGERPRINT_KEY,
    refusalOf: topics.refusalOf,
  });
  const purge = startPurge(pools.background, log);
  const journal = openJournal(config);
  await watch.first(FIRST_LOOK_MS);
  const server = await serverOf({ host, config, listener, pools, keys, runner, journal });

  return {
    grpcPort: server.port,
    ready: () => database.answers() && watch.behind() === undefined,
    serving: (ready) => server.setServing(ready),
    async drain() {
      journal.stop();
      await server.shutdown(config.MERIDIAN_DRAIN_MS / 2);
      await queue.drain();
    },
    async stop() {
      listener.close();
      purge.stop();
      topics.stop();
      await relaying.stop();
      await watch.stop();
      await keys.stop();
      await journal.close();
      await announced.stop();
      database.stop();
      await pools.close();
    },
  };
}

function serverOf(parts: {
  readonly host: Host;
  readonly config: CommandServiceConfig;
  readonly listener: Listener;
  readonly pools: Pools;
  readonly keys: KeyKeeping;
  readonly runner: CommandRunner;
  readonly journal: JournalOverRpc;
}): Promise<RpcServer> {
  const { host, config, listener, pools, keys, runner, journal } = parts;
  return startRpcServer({
    ...listener.options,
    check: checkRequest,
    explain: toCallerError,
    onBegun: host.metrics.callBegun,
    observe: host.metrics.observeCall,
    log: host.log,
    shutdownPauseMs: config.MERIDIAN_SHUTDOWN_PAUSE_MS,
    maxConcurrentPerMethod: config.MERIDIAN_QUEUE_COMMANDS,
    streamIdleMs: config.MERIDIAN_STREAM_IDLE_MS,
    register: (registry) =>
      registerServices(registry, {
        runner,
        pool: pools.callers,
        keys: keys.store,
        erasures: keys.erasures,
        clock: systemClock,
        timeZone: config.MERIDIAN_TIME_ZONE,
        journal: journal.implementation,
        onKeysChanged: keys.wake,
      }),
  });
}

/** Says at the start what the database may lose of what it acknowledges; it is the operator's to choose. */
async function tellOfUnsafeCommits(pool: MysqlPool, log: Host['log']): Promise<void> {
  const problems = unsafeCommits(await readCommitSettings(pool));
  if (problems.length > 0)
    log.warn(
      { problems },
      'MySQL may lose commands that it has acknowledged; see docs/operations/reference.md#what-the-engines-must-keep',
    );
}

function keysOf(config: CommandServiceConfig, pools: Pools, log: Host['log']): Promise<KeyKeeping> {
  return startKeyKeeping({
    pool: pools.callers,
    backgroundPool: pools.background,
    log,
    keysSchema: config.MERIDIAN_KEYS_DATABASE,
    ordersSchema: config.MERIDIAN_MYSQL_DATABASE,
    masterKey: createMasterKey(...config.MERIDIAN_MASTER_KEY),
    regions: config.MERIDIAN_REGIONS,
    contactPoints: config.MERIDIAN_CASSANDRA,
    security: cassandraSecurityOf(config),
    keyspace: `${config.MERIDIAN_KEYSPACE}_keys`,
  });
}

function queueOf(parts: {
  readonly config: CommandServiceConfig;
  readonly pools: Pools;
  readonly known: KnownJournal;
  readonly metrics: CommandMetrics;
  readonly relaying: Relaying;
}): CommandQueue {
  const { config, pools, known, metrics, relaying } = parts;
  return createCommandQueue({
    unitOfWork: createUnitOfWork({
      pool: pools.commits,
      journal: known,
      maxGroupBytes: config.MERIDIAN_GROUP_BYTES,
      onRetry: metrics.retried,
      onCommitted: relaying.committed,
    }),
    maxCommands: config.MERIDIAN_GROUP_COMMANDS,
    maxBytes: config.MERIDIAN_GROUP_BYTES,
    maxQueued: config.MERIDIAN_QUEUE_COMMANDS,
    maxHeldMs: config.MERIDIAN_HELD_COMMAND_MS,
    onGroup: metrics.grouped,
  });
}
