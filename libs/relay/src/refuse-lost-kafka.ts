import { CONTEXTS, topicOf } from '@meridian/contracts';
import { areNew, type KafkaHandle } from '@meridian/messaging';
import type { MysqlPool } from '@meridian/mysql';

/** Kafka holds nothing of what was published: its topics are new. Going on would leave a gap that no reader notices. */
export class KafkaLostError extends Error {
  override readonly name = 'KafkaLostError';
}

/**
 * Throws KafkaLostError when events were published and no topic has ever held one. Readers that had not consumed all of them
 * would take the next event for the one that follows, so the range has to be published again before anything newer.
 */
export async function refuseLostKafka(
  pool: MysqlPool,
  kafka: KafkaHandle,
  topicPrefix: string,
): Promise<void> {
  const { rows } = await pool.query('SELECT 1 FROM relay_shard WHERE position > 0 LIMIT 1');
  if (rows.length === 0) return;
  const topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  if (!(await areNew(kafka, topics))) return;
  throw new KafkaLostError(
    `events were published to ${topicPrefix}.*.events, and these topics hold none: publish the journal again (meridian journal republish), or set MERIDIAN_EMPTY_KAFKA=accept`,
  );
}
