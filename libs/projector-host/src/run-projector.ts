import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
import { channelSecurity } from '@meridian/client';
import { descriptorSet } from '@meridian/contracts';
import { activityOf, connectKafka, type KafkaHandle } from '@meridian/messaging';
import { feedGenerations, type FeedingGenerations } from '@meridian/projector';
import { firstGeneration, groupIdOf, type Projection } from '@meridian/projection';
import { startRpcServer } from '@meridian/rpc';
import {
  cassandraSecurityOf,
  kafkaSecurityOf,
  runService,
  type Host,
  type RunningService,
} from '@meridian/service-host';
import { projectorConfig, type ProjectorConfig } from './config.ts';
import { journalOf } from './journal.ts';
import { projectorMetrics, type ProjectorMetrics } from './metrics.ts';

/**
 * A process that has not even tried to reach Kafka for so long is stuck, and has to be restarted. A process
 * that Kafka does not answer is not stuck.
 */
const MAX_SILENCE_MS = 120_000;

/** Feeds a projection's generations as a process of its own, until it is told to stop. */
export async function runProjector(projection: Projection): Promise<never> {
  return runService({
    name: `projector-${projection.name}`,
    config: () => projectorConfig(process.env),
    start: (host, config) =>
      start([projection], host, config, groupIdOf(firstGeneration(projection), config.MERIDIAN_TOPIC_PREFIX)),
  });
}

/**
 * Feeds the generations of several projections in one process, until it is told to stop. Each projection keeps its own
 * consumer group, progress and bounds, exactly as in a process of its own. So both ways may run side by side, and
 * replace each other. The process is ready when every projection is, and ends when one of them fails.
 */
export async function runProjectors(projections: readonly Projection[]): Promise<never> {
  return runService({
    name: 'projectors',
    config: () => projectorConfig(process.env),
    start: (host, config) => start(projections, host, config, `${config.MERIDIAN_TOPIC_PREFIX}.projectors`),
  });
}

/** What all projections of a process share. */
interface Shared {
  readonly session: CassandraSession;
  readonly kafka: KafkaHandle;
  readonly journal: ReturnType<typeof journalOf>;
  readonly metrics: ProjectorMetrics;
}

async function start(
  projections: readonly Projection[],
  host: Host,
  config: ProjectorConfig,
  clientId: string,
): Promise<RunningService> {
  const { log } = host;
  const session = await connectRegion(config, config.MERIDIAN_REGIONS[0] ?? '');
  const journal = journalOf(config.MERIDIAN_JOURNAL_ADDRESSES, channelSecurity(config));
  const metrics = projectorMetrics(host.metrics);
  const kafka = connectKafka({
    brokers: config.MERIDIAN_KAFKA_BROKERS,
    clientId,
    log,
    security: kafkaSecurityOf(config),
  });
  host.metrics.gauge({
    name: 'meridian_projector_kafka_silent_seconds',
    help: 'How long ago Kafka last answered a fetch or a heartbeat of this process.',
    collect: (gauge) => gauge.set(activityOf(kafka).silentMs() / 1_000),
  });
  // It takes no calls: this is for whoever asks by gRPC how it is.
  const server = await startRpcServer({
    address: config.MERIDIAN_GRPC_ADDRESS,
    register: () => undefined,
    descriptorSet,
    log,
    observe: host.metrics.observeCall,
  });
  const shared = { session, kafka, journal, metrics };
  const running = await Promise.all(projections.map((projection) => feed(projection, host, config, shared)));
  return {
    grpcPort: server.port,
    // A member of a full group owns nothing and is ready. A version that waits for its rebuild or promotion is not
    // ready. A roll-out that took it for ready would end the processes that feed the live generation.
    ready: () =>
      running.every((one) => {
        const { hasJoined, foreign } = one.status();
        // What stands still at another system's events needs an operator.
        return hasJoined && foreign.length === 0;
      }),
    advice() {
      const given = running.flatMap((one) => one.status().advice ?? []);
      return given.length > 0 ? given.join('; ') : undefined;
    },
    serving: (ready) => server.setServing(ready),
    live: () => running.every((one) => Date.now() - one.status().lastActivityAt < MAX_SILENCE_MS),
    async drain() {
      await Promise.all([...running.map((one) => one.stop()), server.shutdown(config.MERIDIAN_DRAIN_MS)]);
    },
    async stop() {
      journal?.close();
      await session.close();
    },
  };
}

function connectRegion(config: ProjectorConfig, region: string): Promise<CassandraSession> {
  return connectCassandra({
    contactPoints: config.MERIDIAN_CASSANDRA,
    localDataCenter: region,
    security: cassandraSecurityOf(config),
  });
}

async function feed(
  projection: Projection,
  host: Host,
  config: ProjectorConfig,
  { metrics, ...shared }: Shared,
): Promise<FeedingGenerations> {
  const { name } = projection;
  const running = await feedGenerations({
    ...shared,
    projection,
    connectRegion: (region) => connectRegion(config, region),
    log: host.log,
    keyspace: config.MERIDIAN_KEYSPACE,
    topicPrefix: config.MERIDIAN_TOPIC_PREFIX,
    regions: config.MERIDIAN_REGIONS,
    observerOf: (generation) => metrics.of(name, generation),
    onDropped: (generation) => metrics.drop(name, generation),
    maxRequestsInFlight: config.MERIDIAN_REQUESTS_IN_FLIGHT,
    maxRoundMs: config.MERIDIAN_MAX_ROUND_MS,
    batches: { maxPartitions: config.MERIDIAN_BATCH_PARTITIONS, maxBytes: config.MERIDIAN_BATCH_BYTES },
    catchUpPartitions: config.MERIDIAN_CATCH_UP_PARTITIONS,
    keptTotals: { maxRows: config.MERIDIAN_TOTALS_KEPT, maxBytes: config.MERIDIAN_TOTALS_KEPT_BYTES },
    sessionTimeoutMs: config.MERIDIAN_SESSION_TIMEOUT_MS,
    onCrash: host.fail,
    signal: host.stopping,
  });
  metrics.watchFed(name, () => running.status().generations);
  return running;
}
