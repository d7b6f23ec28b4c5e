import { createLimiter, type Limiter } from '@meridian/async';
import { fromMessage, topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka } from '@meridian/messaging';
import { toRecordedEvent } from '@meridian/projection';
import { PROJECTIONS } from '@meridian/read-models';
import type kafkajs from 'kafkajs';
import { connectBare, EACH_QUORUM } from './bare-cassandra.ts';
import { serve } from './serve.ts';
import { unfoldedRows } from './unfolded-rows.ts';

/** Says of how many events the rows may be on their way from now on, and asks how much was written. */
export interface RawReadModelQuestion {
  readonly eventsInFlight?: number;
}

/** What was written since the process began. */
export interface RawReadModelAnswer {
  readonly events: number;
  /** When the last row was acknowledged, in milliseconds of Date.now(). */
  readonly lastMs: number;
}

/** One consumer of the bare chain: it writes the rows of one read model, one statement per row, as events come. */
const name = process.env['BENCH_READ_MODEL'] ?? '';
const topicPrefix = process.env['BENCH_TOPICS'] ?? '';
const projection = PROJECTIONS.find((one) => one.name === name);
if (!projection) throw new Error(`there is no read model ${name}`);
const client = await connectBare(process.env['BENCH_CASSANDRA'] ?? '', process.env['BENCH_REGION'] ?? '');
const rowsOf = unfoldedRows(process.env['BENCH_KEYSPACE'] ?? '', projection);
let limiter: Limiter = createLimiter(64);
let [events, lastMs] = [0, 0];

async function write(partition: number, { headers, value }: kafkajs.KafkaMessage): Promise<void> {
  const event = toRecordedEvent(fromMessage({ partition, headers: headers ?? {}, value }));
  const statements = event ? rowsOf(event) : [];
  await Promise.all(statements.map(({ cql, params }) => client.execute(cql, params, EACH_QUORUM)));
  events += 1;
  lastMs = Date.now();
}

const kafka = connectKafka({
  brokers: (process.env['BENCH_BROKERS'] ?? '').split(','),
  clientId: `bench-raw-${name}`,
});
const consumer = kafka.consumer({
  groupId: `${topicPrefix}.raw.${name}`,
  allowAutoTopicCreation: false,
  minBytes: 1,
});
await consumer.connect();
await consumer.subscribe({
  topics: projection.contexts.map((context) => topicOf(context, topicPrefix)),
  fromBeginning: true,
});
await consumer.run({
  // As often as ours.
  autoCommitInterval: 1_000,
  partitionsConsumedConcurrently: SHARD_COUNT,
  async eachBatch({ batch: { partition, messages } }) {
    await Promise.all(messages.map((message) => limiter(() => write(partition, message))));
  },
});

serve<RawReadModelQuestion>(
  async ({ eventsInFlight }): Promise<RawReadModelAnswer> => {
    if (eventsInFlight !== undefined) limiter = createLimiter(eventsInFlight);
    return { events, lastMs };
  },
  async () => {
    await consumer.disconnect();
    await client.shutdown();
  },
);
