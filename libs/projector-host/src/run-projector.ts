import { connectCassandra } from '@meridian/cassandra';
import { connectKafka } from '@meridian/messaging';
import { feedGenerations, groupIdOf, type Projection } from '@meridian/projection';
import { runService, type Host, type RunningService } from '@meridian/service-host';
import { projectorConfig, type ProjectorConfig } from './config.ts';
import { journalOf } from './journal.ts';
import { projectorMetrics } from './metrics.ts';

/** A member that Kafka has not answered for so long is taken for dead and restarted. */
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
  const clientId = groupIdOf(projection, config.MERIDIAN_TOPIC_PREFIX);
  const journal = journalOf(config.MERIDIAN_JOURNAL_ADDRESSES);
  const running = await feedGenerations({
    projection,
    journal,
    session,
    connectRegion,
    log,
    kafka: connectKafka({ brokers: config.MERIDIAN_KAFKA_BROKERS, clientId, log }),
    keyspace: config.MERIDIAN_KEYSPACE,
    topicPrefix: config.MERIDIAN_TOPIC_PREFIX,
    regions: config.MERIDIAN_REGIONS,
    observer: projectorMetrics(host.metrics),
    maxRequestsInFlight: config.MERIDIAN_REQUESTS_IN_FLIGHT,
    sessionTimeoutMs: config.MERIDIAN_SESSION_TIMEOUT_MS,
    onCrash: host.fail,
  });
  let joined = false;
  return {
    ready() {
      // A member of a full group may own nothing and is ready all the same.
      joined ||= running.status().assigned.length > 0;
      return joined;
    },
    live: () => Date.now() - running.status().lastActivityAt < MAX_SILENCE_MS,
    drain: () => running.stop(),
    async stop() {
      journal?.close();
      await session.close();
    },
  };
}
