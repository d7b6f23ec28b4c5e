import type { EventEnvelope } from '@meridian/contracts';
import { connectKafka, createEventProducer, type Log } from '@meridian/messaging';
import type { MysqlPool } from '@meridian/mysql';
import { createRelay, ensureEventTopics } from '@meridian/relay';
import type { CommandServiceConfig } from './config.ts';
import { whenKafkaAnswers } from './when-kafka-answers.ts';

/** The relay of this replica. */
export interface Relaying {
  /** Says that these shards have new events. */
  wake(shards: ReadonlySet<number>): void;
  /** Publishes what is committed, as long as that is quick, and gives its shards to the others. */
  stop(): Promise<void>;
}

/**
 * Begins to publish as soon as Kafka answers and holds what was published; until then commands are taken all the same. Does
 * nothing when it is off.
 */
export function startRelaying({
  config,
  pool,
  log,
  onPublished,
}: {
  readonly config: CommandServiceConfig;
  readonly pool: MysqlPool;
  readonly log: Log;
  readonly onPublished: (events: readonly EventEnvelope[]) => void;
}): Relaying {
  if (config.MERIDIAN_RELAY === 'off') return { wake: () => undefined, stop: () => Promise.resolve() };
  const {
    MERIDIAN_KAFKA_BROKERS: brokers,
    MERIDIAN_REPLICA: replica,
    MERIDIAN_TOPIC_PREFIX: topicPrefix,
  } = config;
  const kafka = connectKafka({ brokers, clientId: replica, log });
  const started = whenKafkaAnswers(log, async () => {
    // At each connection: a Kafka that comes back may not be the one that went.
    const producer = await createEventProducer(kafka, {
      onConnected: () =>
        ensureEventTopics({ pool, kafka, topicPrefix, emptyKafka: config.MERIDIAN_EMPTY_KAFKA }),
    });
    const leaseMs = config.MERIDIAN_RELAY_LEASE_MS;
    const relay = createRelay({ pool, producer, topicPrefix, replica, leaseMs, log, onPublished });
    relay.start();
    return { relay, producer };
  });
  return {
    wake: (shards) => started.current()?.relay.wake(shards),
    async stop() {
      const parts = await started.stop();
      await parts?.relay.stop();
      await parts?.producer.close();
    },
  };
}
