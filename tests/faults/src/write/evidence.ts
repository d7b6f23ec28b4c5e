import {
  CONTEXTS,
  decodeEvent,
  fromMessage,
  isEventType,
  topicOf,
  type EventEnvelope,
} from '@meridian/contracts';
import { connectKafka, startConsumer, type KafkaHandle } from '@meridian/messaging';
import { bigintOf, numberOf, textOf, type MysqlPool } from '@meridian/mysql';
import { readJournal } from '@meridian/write-store';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultyEngines } from '../system/engines.ts';
import type { Evidence, JournalEvent, PublishedEvent } from './history.ts';

const CHUNK = 2_000;
const POLL_MS = 50;

/** Makes the database itself note every step back of a cursor of the relay: a look now and then could miss one. */
export async function watchCursors(pool: MysqlPool): Promise<void> {
  await pool.query(
    'CREATE TABLE faults_step_back (shard INT NOT NULL, old_position BIGINT NOT NULL, new_position BIGINT NOT NULL)',
  );
  await pool.query(
    `CREATE TRIGGER faults_watch_cursor BEFORE UPDATE ON relay_shard FOR EACH ROW
     INSERT INTO faults_step_back SELECT OLD.shard, OLD.position, NEW.position FROM DUAL WHERE NEW.position < OLD.position`,
  );
}

/** What the database noted. */
export async function readStepsBack(pool: MysqlPool): Promise<Evidence['stepsBack']> {
  const { rows } = await pool.query('SELECT shard, old_position, new_position FROM faults_step_back');
  return rows.map((row) => ({
    shard: numberOf(row, 'shard'),
    from: bigintOf(row, 'old_position'),
    to: bigintOf(row, 'new_position'),
  }));
}

/** The whole journal. */
export async function readWholeJournal(pool: MysqlPool): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  for (let position = 0n; ;) {
    const chunk = await readJournal({ pool, afterPosition: position, limit: CHUNK });
    const last = chunk.at(-1);
    if (!last) return events;
    events.push(...chunk.map(toJournalEvent));
    position = last.position;
  }
}

function toJournalEvent(envelope: EventEnvelope): JournalEvent {
  const { position, shard, context, aggregateType, aggregateId, version, type, time, payload } = envelope;
  return {
    position,
    shard,
    context,
    aggregateType,
    aggregateId,
    version,
    type,
    recordedAtMs: time.getTime(),
    payload: Buffer.from(payload).toString('hex'),
    ...detailsOf(type, payload),
  };
}

function detailsOf(type: string, payload: Uint8Array): Pick<JournalEvent, 'mark' | 'level' | 'received'> {
  if (!isEventType(type)) return {};
  const event = decodeEvent(type, payload);
  switch (event.type) {
    case 'OrderPlaced':
      return { mark: `price ${event.data.lines[0]?.unitPriceMinor}` };
    case 'OrderPaid':
      return { mark: `pay ${event.data.paymentReference}` };
    case 'OrderShipped':
      return { mark: `ship ${event.data.trackingNumber}` };
    case 'OrderCancelled':
      return { mark: `cancel ${event.data.reason}` };
    case 'ItemsReturned':
      return { mark: `return ${event.data.reason}` };
    case 'StockReceived': {
      const { receiptId, quantity: received } = event.data;
      return { mark: `receipt ${receiptId}`, received, ...levelOf(event.data) };
    }
    default:
      return 'level' in event.data ? levelOf(event.data) : {};
  }
}

function levelOf({
  level,
}: {
  readonly level?: JournalEvent['level'] | undefined;
}): Pick<JournalEvent, 'level'> {
  return level ? { level: { onHand: level.onHand, reserved: level.reserved } } : {};
}

/** Everything that Kafka holds of a space's topics, each partition in its order. */
export async function readKafka(
  engines: FaultyEngines,
  topicPrefix: string,
): Promise<readonly PublishedEvent[]> {
  const brokers = (engines.environment['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
  const kafka = connectKafka({ brokers, clientId: 'faults-reader' });
  const topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));
  const ends = await endsOf(kafka, topics);
  const published: PublishedEvent[] = [];
  const reached = new Map<string, bigint>();
  const failed = Promise.withResolvers<never>();
  const consumer = await startConsumer({
    kafka,
    topics,
    groupId: `${topicPrefix}.checker`,
    async onBatch({ topic, partition, messages }) {
      for (const message of messages) {
        const { position, payload } = fromMessage({ ...message, partition });
        published.push({ topic, partition, position, payload: Buffer.from(payload).toString('hex') });
        reached.set(`${topic}/${partition}`, BigInt(message.offset) + 1n);
      }
    },
    onCrash: failed.reject,
  });
  const isComplete = () => [...ends].every(([place, end]) => (reached.get(place) ?? 0n) >= end);
  const complete = async () => {
    while (!isComplete()) await pause(POLL_MS);
  };
  await Promise.race([complete(), failed.promise]);
  await consumer.stop();
  return published;
}

async function endsOf(kafka: KafkaHandle, topics: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map<string, bigint>();
  for (const topic of topics)
    for (const { partition, high } of await admin.fetchTopicOffsets(topic))
      if (BigInt(high) > 0n) ends.set(`${topic}/${partition}`, BigInt(high));
  await admin.disconnect();
  return ends;
}

/** The stock table. */
export async function readStocks(pool: MysqlPool): Promise<Evidence['stocks']> {
  const { rows } = await pool.query('SELECT product_id, on_hand, reserved, version FROM stock');
  return rows.map((row) => ({
    productId: textOf(row, 'product_id'),
    onHand: bigintOf(row, 'on_hand'),
    reserved: bigintOf(row, 'reserved'),
    version: bigintOf(row, 'version'),
  }));
}

/** The sum of a metric over label sets in Prometheus' text; over those with a label, when one is given. */
export function sumOfMetric(text: string | undefined, name: string, label = ''): number {
  const lines = (text ?? '')
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => line.includes(label));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
