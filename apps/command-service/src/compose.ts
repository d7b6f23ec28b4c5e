import { CONTEXTS, descriptorSet, topicOf, validateRequest } from '@meridian/contracts';
import { SHARD_COUNT, systemClock } from '@meridian/kernel';
import { connectKafka, createEventProducer, ensureTopics } from '@meridian/messaging';
import { createPool, migrate } from '@meridian/mysql';
import { createRelay } from '@meridian/relay';
import { startRpcServer } from '@meridian/rpc';
import { createMasterKey, keyMigrationsFolder } from '@meridian/sealing';
import type { Host, RunningService } from '@meridian/service-host';
import { createCommandQueue, createUnitOfWork, migrationsFolder } from '@meridian/write-store';
import type { CommandServiceConfig } from './config.ts';
import { startKeyKeeping } from './key-keeping.ts';
import { commandMetrics } from './metrics.ts';
import { startPurge } from './purge.ts';
import { createCommandRunner } from './run-command.ts';
import { registerServices } from './services.ts';
import { whenKafkaAnswers } from './when-kafka-answers.ts';

/** Builds command-service: the one place that knows its adapters. */
export async function compose(host: Host, config: CommandServiceConfig): Promise<RunningService> {
  const { log } = host;
  const url = config.MERIDIAN_MYSQL_URL;
  await migrate({ url, database: config.MERIDIAN_MYSQL_DATABASE, folder: migrationsFolder });
  await migrate({ url, database: config.MERIDIAN_KEYS_DATABASE, folder: keyMigrationsFolder });
  const connectionLimit = config.MERIDIAN_MYSQL_CONNECTIONS;
  const pool = createPool({ url, database: config.MERIDIAN_MYSQL_DATABASE, connectionLimit });
  const [localDataCenter = ''] = config.MERIDIAN_REGIONS;
  const keys = startKeyKeeping({
    pool,
    log,
    keysSchema: config.MERIDIAN_KEYS_DATABASE,
    ordersSchema: config.MERIDIAN_MYSQL_DATABASE,
    masterKey: createMasterKey(config.MERIDIAN_MASTER_KEY),
    cassandra: { contactPoints: config.MERIDIAN_CASSANDRA, localDataCenter },
    keyspace: `${config.MERIDIAN_KEYSPACE}_keys`,
  });

  const kafka = connectKafka({
    brokers: config.MERIDIAN_KAFKA_BROKERS,
    clientId: config.MERIDIAN_REPLICA,
    log,
  });
  const topicPrefix = config.MERIDIAN_TOPIC_PREFIX;
  const metrics = commandMetrics(host.metrics, pool);
  // Commands are taken while Kafka is away: the relay begins when it answers.
  const relaying = whenKafkaAnswers(log, async () => {
    await ensureTopics(
      kafka,
      CONTEXTS.map((name) => topicOf(name, topicPrefix)),
      SHARD_COUNT,
    );
    const producer = await createEventProducer(kafka);
    const relay = createRelay({
      pool,
      producer,
      topicPrefix,
      replica: config.MERIDIAN_REPLICA,
      leaseMs: config.MERIDIAN_RELAY_LEASE_MS,
      log,
      onPublished: metrics.published,
    });
    relay.start();
    return { relay, producer };
  });

  const queue = createCommandQueue({
    unitOfWork: createUnitOfWork({ pool, onRetry: metrics.retried }),
    maxCommands: config.MERIDIAN_GROUP_COMMANDS,
    maxQueued: config.MERIDIAN_QUEUE_COMMANDS,
    onCommitted: (shards) => relaying.current()?.relay.wake(shards),
    onGroup: metrics.grouped,
  });
  metrics.watchQueue(() => queue.depth());
  const runner = createCommandRunner({ queue, fingerprintKey: config.MERIDIAN_FINGERPRINT_KEY });
  const purge = startPurge(pool, log);
  const server = await startRpcServer({
    address: config.MERIDIAN_GRPC_ADDRESS,
    validate: validateRequest,
    observe: host.metrics.observeCall,
    log,
    descriptorSet,
    maxConcurrentPerMethod: config.MERIDIAN_QUEUE_COMMANDS,
    register: (registry) =>
      registerServices(registry, {
        runner,
        pool,
        keys: keys.store,
        clock: systemClock,
        timeZone: config.MERIDIAN_TIME_ZONE,
        onKeysChanged: keys.wake,
      }),
  });

  return {
    grpcPort: server.port,
    ready: async () => (await pool.query('SELECT 1')).rows.length === 1,
    serving: (ready) => server.setServing(ready),
    async drain() {
      await server.shutdown(config.MERIDIAN_DRAIN_MS / 2);
      await queue.drain();
    },
    async stop() {
      purge.stop();
      const started = await relaying.stop();
      await started?.relay.stop();
      await started?.producer.close();
      await keys.stop();
      await pool.close();
    },
  };
}
