import { CONTEXTS, topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { areNew, ensureTopics, missingTopics, type KafkaHandle } from '@meridian/messaging';
import type { MysqlPool } from '@meridian/mysql';

/** Kafka holds nothing of what was published: its topics are gone or new. Going on would leave a gap that no reader notices. */
export class KafkaLostError extends Error {
  override readonly name = 'KafkaLostError';
}

const topicsOf = (topicPrefix: string) => CONTEXTS.map((context) => topicOf(context, topicPrefix));

/** Whether events were published and one of their topics does not exist, or none has ever held an event. */
export async function isKafkaLost(
  pool: MysqlPool,
  kafka: KafkaHandle,
  topicPrefix: string,
): Promise<boolean> {
  const { rows } = await pool.query('SELECT 1 FROM relay_shard WHERE position > 0 LIMIT 1');
  if (rows.length === 0) return false;
  const topics = topicsOf(topicPrefix);
  return (await missingTopics(kafka, topics)).length > 0 || (await areNew(kafka, topics));
}

/**
 * Throws KafkaLostError when Kafka has lost what was published. Readers that had not consumed the whole range would
 * take the next event for the one that follows. So the range has to be published again before anything newer.
 */
export async function refuseLostKafka(
  pool: MysqlPool,
  kafka: KafkaHandle,
  topicPrefix: string,
): Promise<void> {
  if (!(await isKafkaLost(pool, kafka, topicPrefix))) return;
  throw new KafkaLostError(
    `events were published to ${topicPrefix}.*.events, and these topics are missing or hold none: publish the journal again (meridian journal republish), or set MERIDIAN_EMPTY_KAFKA=accept`,
  );
}

/** Where events are published, and what to do when Kafka has lost them. */
export interface EventTopicsOptions {
  readonly pool: MysqlPool;
  readonly kafka: KafkaHandle;
  readonly topicPrefix: string;
  readonly emptyKafka: 'refuse' | 'accept';
}

/**
 * Makes the topics of events that are missing; safe to repeat. A relay does this each time it has connected to Kafka,
 * before it sends. With `refuse`, it throws KafkaLostError and makes no topic when Kafka has lost published events:
 * their topics are missing, or new and empty.
 */
export async function ensureEventTopics(options: EventTopicsOptions): Promise<void> {
  const { pool, kafka, topicPrefix, emptyKafka } = options;
  if (emptyKafka === 'refuse') await refuseLostKafka(pool, kafka, topicPrefix);
  await ensureTopics(kafka, topicsOf(topicPrefix), SHARD_COUNT);
}
