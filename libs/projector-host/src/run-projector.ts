import { connectCassandra } from '@meridian/cassandra';
import { descriptorSet } from '@meridian/contracts';
import { activityOf, connectKafka } from '@meridian/messaging';
import { feedGenerations } from '@meridian/projector';
import { firstGeneration, groupIdOf, type Projection } from '@meridian/projection';
import { startRpcServer } from '@meridian/rpc';
import { runService, type Host, type RunningService } from '@meridian/service-host';
import { projectorConfig, type ProjectorConfig } from './config.ts';
import { journalOf } from './journal.ts';
import { projectorMetrics } from './metrics.ts';

/** A process that has not even tried to reach Kafka for so long is stuck and is to be restarted; one that Kafka does not answer is not. */
const MAX_SILENCE_MS = 120_000;

/** Feeds a projection's generations as a process of its own, until it is told to stop. */
export async function runProjector(projection: Projection): Promise<never> {
  return runService({
    name: `projector-${projection.name}`,
    config: () => projectorConfig(process.env),
    start: (host, config) => start(projection, host, config),
  });
}

async function start(projection: Projection, host: Host, config: ProjectorConfig): Promise<RunningService> {
  const { log } = host;
  const [home = ''] = config.MERIDIAN_REGIONS;
  const connectRegion = (region: string) =>
    connectCassandra({ contactPoints: config.MERIDIAN_CASSANDRA, localDataCenter: region });
  const session = await connectRegion(home);
  const clientId = groupIdOf(firstGeneration(projection), config.MERIDIAN_TOPIC_PREFIX);
  const journal = journalOf(config.MERIDIAN_JOURNAL_ADDRESSES);
  const metrics = projectorMetrics(host.metrics);
  const kafka = connectKafka({ brokers: config.MERIDIAN_KAFKA_BROKERS, clientId, log });
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
  const running = await feedGenerations({
    projection,
    journal,
    session,
    connectRegion,
    log,
    kafka,
    keyspace: config.MERIDIAN_KEYSPACE,
    topicPrefix: config.MERIDIAN_TOPIC_PREFIX,
    regions: config.MERIDIAN_REGIONS,
    observerOf: metrics.of,
    onDropped: metrics.drop,
    maxRequestsInFlight: config.MERIDIAN_REQUESTS_IN_FLIGHT,
    keptTotals: { maxRows: config.MERIDIAN_TOTALS_KEPT, maxBytes: config.MERIDIAN_TOTALS_KEPT_BYTES },
    sessionTimeoutMs: config.MERIDIAN_SESSION_TIMEOUT_MS,
    onCrash: host.fail,
  });
  metrics.watchFed(projection.name, () => running.status().generations);
  return {
    grpcPort: server.port,
    // A member of a full group owns nothing and is ready. A version that waits for its rebuild or promotion is not: a roll-out that
    // took it for ready would end the processes that feed what answers.
    ready() {
      const { hasJoined, foreign } = running.status();
      // What stands still at another system's events needs an operator.
      return hasJoined && foreign.length === 0;
    },
    serving: (ready) => server.setServing(ready),
    live: () => Date.now() - running.status().lastActivityAt < MAX_SILENCE_MS,
    async drain() {
      await Promise.all([running.stop(), server.shutdown(config.MERIDIAN_DRAIN_MS)]);
    },
    async stop() {
      journal?.close();
      await session.close();
    },
  };
}
