import type { EventEnvelope } from '@meridian/contracts';
import { connectKafka, createEventProducer, type Log } from '@meridian/messaging';
import type { MysqlPool } from '@meridian/mysql';
import { createRelay, ensureEventTopics } from '@meridian/relay';
import type { CommittedEvents } from '@meridian/write-store';
import type { CommandServiceConfig } from './config.ts';
import { whenKafkaAnswers } from './when-kafka-answers.ts';

/** The relay of this replica. */
export interface Relaying {
  /** Hands over what was committed here. */
  committed(committed: CommittedEvents): void;
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
  if (config.MERIDIAN_RELAY === 'off') return { committed: () => undefined, stop: () => Promise.resolve() };
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
    committed: (committed) => started.current()?.relay.committed(committed),
    async stop() {
      const parts = await started.stop();
      await parts?.relay.stop();
      await parts?.producer.close();
    },
  };
}
