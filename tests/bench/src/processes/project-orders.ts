import { setTimeout as pause } from 'node:timers/promises';
import { connectCassandra, ensureKeyspace } from '@meridian/cassandra';
import { fromMessage, toMessage, topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import {
  connectKafka,
  createEventProducer,
  deleteTopics,
  ensureTopics,
  silentLog,
} from '@meridian/messaging';
import { createLimiter } from '@meridian/async';
import { runProjection } from '@meridian/projector';
import { ordersProjection } from '@meridian/read-model-orders';
import type kafkajs from 'kafkajs';
import { connectBare, EACH_QUORUM } from './bare-cassandra.ts';
import { orderEvents, type EventMix } from './order-events.ts';
import { serve } from './serve.ts';

/** Requests to publish events, or to project the published events once. */
export type ProjectQuestion =
  | { readonly kind: 'publish'; readonly mix: EventMix }
  | { readonly kind: 'ours'; readonly run: number }
  | { readonly kind: 'raw'; readonly run: number; readonly concurrency: number };

/** How long the run took, from the first applied event to the last. */
export interface ProjectAnswer {
  readonly events: number;
  readonly seconds: number;
}

const brokers = (process.env['BENCH_BROKERS'] ?? '').split(',');
const regions = (process.env['BENCH_REGIONS'] ?? '').split(',');
const keyspace = process.env['BENCH_SPACE'] ?? '';
const replicas = Number(process.env['BENCH_REPLICAS']);
const [home = ''] = regions;
const kafka = connectKafka({ brokers, clientId: 'bench-projection' });
const topic = topicOf('orders', keyspace);
const contactPoint = process.env['BENCH_CASSANDRA'] ?? '';
const session = await connectCassandra({ contactPoints: [contactPoint], localDataCenter: home });
const bare = await connectBare(contactPoint, home);
await ensureKeyspace(session, keyspace, Object.fromEntries(regions.map((region) => [region, replicas])));

const CHUNK = 500;
let published = 0;

async function publish(mix: EventMix): Promise<ProjectAnswer> {
  await deleteTopics(kafka, [topic]);
  await pause(1_000);
  await ensureTopics(kafka, [topic], SHARD_COUNT);
  const producer = await createEventProducer(kafka);
  const events = orderEvents(mix);
  for (let start = 0; start < events.length; start += CHUNK) {
    const messages = events.slice(start, start + CHUNK).map((event) => ({ topic, ...toMessage(event) }));
    await producer.send(messages, { timeoutMs: 30_000 });
  }
  await producer.close();
  published = events.length;
  return { events: published, seconds: 0 };
}

/** The clock of a run: from the first event to the last of all that were published. */
function countdown() {
  const done = Promise.withResolvers<void>();
  let [left, startedMs] = [published, 0];
  return {
    begin: () => (startedMs ||= performance.now()),
    applied(events: number) {
      left -= events;
      if (left <= 0) done.resolve();
    },
    seconds: () => done.promise.then(() => (performance.now() - startedMs) / 1_000),
    fail: done.reject,
  };
}

/** Every run is a new generation: new tables, and a group that begins at the beginning. */
async function ours(run: number): Promise<number> {
  const clock = countdown();
  const running = await runProjection({
    session,
    kafka,
    keyspace,
    regions,
    topicPrefix: keyspace,
    log: silentLog,
    projection: {
      ...ordersProjection,
      generation: 100 + run,
      project(event) {
        clock.begin();
        return ordersProjection.project(event);
      },
    },
    observer: { applied: (_key, events) => clock.applied(events) },
    onCrash: clock.fail,
  });
  const seconds = await clock.seconds();
  await running.stop();
  return seconds;
}

/** A bare consumer that writes one row per event, without folding, at the same consistency level. */
async function raw(run: number, concurrency: number): Promise<number> {
  await session.schema([
    `CREATE TABLE IF NOT EXISTS ${keyspace}.raw_${run} (order_id text, version bigint, type text, position bigint, recorded_at timestamp, payload blob, PRIMARY KEY ((order_id), version))`,
  ]);
  const clock = countdown();
  const limiter = createLimiter(concurrency);
  const consumer = kafka.consumer({ groupId: `${keyspace}.raw.${run}`, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: SHARD_COUNT,
    async eachBatch({ batch }: kafkajs.EachBatchPayload) {
      clock.begin();
      await Promise.all(
        batch.messages.map((message) => limiter(() => writeRow(run, batch.partition, message))),
      );
      clock.applied(batch.messages.length);
    },
  });
  const seconds = await clock.seconds();
  await consumer.disconnect();
  return seconds;
}

async function writeRow(
  run: number,
  partition: number,
  { headers, value }: kafkajs.KafkaMessage,
): Promise<void> {
  const event = fromMessage({ partition, headers: headers ?? {}, value });
  await bare.execute(
    `INSERT INTO ${keyspace}.raw_${run} (order_id, version, type, position, recorded_at, payload) VALUES (?, ?, ?, ?, ?, ?)`,
    [event.aggregateId, event.version, event.type, event.position, event.time, Buffer.from(event.payload)],
    EACH_QUORUM,
  );
}

serve<ProjectQuestion>(
  async (question): Promise<ProjectAnswer> => {
    if (question.kind === 'publish') return publish(question.mix);
    const seconds =
      question.kind === 'ours' ? await ours(question.run) : await raw(question.run, question.concurrency);
    return { events: published, seconds };
  },
  async () => void (await Promise.all([session.close(), bare.shutdown()])),
);
