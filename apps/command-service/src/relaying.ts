import type { EventEnvelope } from '@meridian/contracts';
import { createEventProducer, type KafkaHandle, type Log } from '@meridian/messaging';
import type { MysqlPool } from '@meridian/mysql';
import { createRelay, ensureEventTopics, type JournalWatch } from '@meridian/relay';
import type { CommittedEvents } from '@meridian/write-store';
import type { CommandServiceConfig } from './config.ts';
import type { TopicWatch } from './topic-watch.ts';
import { whenKafkaAnswers } from './when-kafka-answers.ts';

/** The relay of this replica. */
export interface Relaying {
  /** Hands over what was committed here. */
  readonly committed: (committed: CommittedEvents) => void;
  /** Shards that stand still at an event that is larger than its topic takes. */
  blocked(): readonly { readonly shard: number }[];
  /** Publishes what is committed, as long as that is quick, and gives its shards to the others. */
  stop(): Promise<void>;
}

/**
 * Begins to publish as soon as Kafka answers and holds what was published; until then commands are taken all the same. Publishes
 * nothing while the journal is behind, or the topics hold another journal's events. Does nothing when it is off.
 */
export function startRelaying({
  config,
  pool,
  kafka,
  watch,
  log,
  onPublished,
  topics,
}: {
  readonly config: CommandServiceConfig;
  readonly pool: MysqlPool;
  readonly kafka: KafkaHandle;
  readonly watch: JournalWatch;
  readonly log: Log;
  readonly onPublished: (events: readonly EventEnvelope[]) => void;
  readonly topics: Pick<TopicWatch, 'batchBytes' | 'lookSoon'>;
}): Relaying {
  if (config.MERIDIAN_RELAY === 'off')
    return { committed: () => undefined, blocked: () => [], stop: () => Promise.resolve() };
  const { MERIDIAN_REPLICA: replica, MERIDIAN_TOPIC_PREFIX: topicPrefix } = config;
  const emptyKafka = config.MERIDIAN_EMPTY_KAFKA;
  const started = whenKafkaAnswers(log, async (over) => {
    // At each connection: a Kafka that comes back may not be the one that went.
    const producer = await createEventProducer(kafka, {
      async onConnected() {
        await ensureEventTopics({ pool, kafka, topicPrefix, emptyKafka });
        watch.poke();
      },
    });
    if (over.aborted) {
      await producer.close();
      throw over.reason;
    }
    // The topics are there now.
    topics.lookSoon();
    const relay = createRelay({
      pool,
      producer,
      topicPrefix,
      replica,
      log,
      onPublished,
      leaseMs: config.MERIDIAN_RELAY_LEASE_MS,
      isHeld: () => watch.behind() !== undefined || watch.foreign() !== undefined,
      onTaken: watch.poke,
      maxShardBytes: topics.batchBytes,
      onTooLarge: topics.lookSoon,
    });
    relay.start();
    return { relay, producer };
  });
  return {
    committed: (committed) => started.current()?.relay.committed(committed),
    blocked: () =>
      started
        .current()
        ?.relay.status()
        .shards.filter(({ blockedBy }) => blockedBy) ?? [],
    async stop() {
      const parts = await started.stop();
      await parts?.relay.stop();
      await parts?.producer.close();
    },
  };
}
