import { connectCassandra, ensureKeyspace } from '@meridian/cassandra';
import { createJournalReader } from '@meridian/client';
import { topicOf, type EventEnvelope } from '@meridian/contracts';
import { connectKafka, ensureTopics, silentLog } from '@meridian/messaging';
import { SHARD_COUNT } from '@meridian/kernel';
import { createPool } from '@meridian/mysql';
import { createLimiter } from '@meridian/async';
import { addGeneration, drop, type GenerationStore, registerOf } from '@meridian/read-store';
import { feedGenerations } from '@meridian/projector';
import { ordersProjection } from '@meridian/read-model-orders';
import { readJournal } from '@meridian/write-store';
import { connectBare, EACH_QUORUM } from './bare-cassandra.ts';
import { serve } from './serve.ts';

/** Requests to replay the whole journal into new tables. */
export type ReplayQuestion =
  { readonly side: 'ours' } | { readonly side: 'raw'; readonly run: number; readonly concurrency: number };

/** How long the run took, from the first read of the journal to the last row of both regions. */
export interface ReplayAnswer {
  readonly seconds: number;
}

const environment = (name: string) => process.env[`BENCH_${name}`] ?? '';
const events = Number(environment('EVENTS'));
const regions = environment('REGIONS').split(',');
const keyspace = environment('SPACE');
const replicas = Number(environment('REPLICAS'));
const [home = ''] = regions;
const session = await connectCassandra({ contactPoints: [environment('CASSANDRA')], localDataCenter: home });
const bare = await connectBare(environment('CASSANDRA'), home);
await ensureKeyspace(session, keyspace, Object.fromEntries(regions.map((region) => [region, replicas])));
const kafka = connectKafka({ brokers: environment('BROKERS').split(','), clientId: 'bench-replay' });
await ensureTopics(kafka, [topicOf('orders', keyspace)], SHARD_COUNT);
const pool = createPool({ url: environment('MYSQL_URL'), database: environment('DATABASE') });
const reader = createJournalReader({ addresses: [environment('JOURNAL')] });

const clock = { isRunning: false, startedMs: 0, left: 0, done: Promise.withResolvers<void>() };
function restart(): void {
  Object.assign(clock, { startedMs: 0, left: events, done: Promise.withResolvers<void>() });
}
restart();

const { name: projector, contexts } = ordersProjection;
const store: GenerationStore = { session, keyspace, projector, regions, contexts };
const feeding = await feedGenerations({
  projection: ordersProjection,
  session,
  kafka,
  keyspace,
  regions,
  topicPrefix: keyspace,
  log: silentLog,
  observer: {
    applied(_partition, applied) {
      clock.left -= applied;
      if (clock.left <= 0) clock.done.resolve();
    },
  },
  journal: {
    // The first generation is of no interest here: it finds the journal empty.
    head: async () => (clock.isRunning ? (await reader.head()).position : 0n),
    async *read({ shard, context, after, until, signal }) {
      clock.startedMs ||= performance.now();
      const range = { from: after + 1n, until, shards: [shard], contexts: [context], signal };
      for await (const piece of reader.read(range)) yield piece.events;
    },
  },
  onCrash: (error) => clock.done.reject(error),
});

/** A rebuild as an operator requests it, at full speed. */
async function ours(): Promise<number> {
  restart();
  clock.isRunning = true;
  const generation = await addGeneration(session, keyspace, await registerOf(store), {
    version: ordersProjection.version,
    maxEventsPerSecond: 0,
  });
  await clock.done.promise;
  const seconds = (performance.now() - clock.startedMs) / 1_000;
  await drop(store, generation);
  return seconds;
}

const PIECE = 1_000;

/**
 * The bare loop: reads the journal piece by piece, the next piece while the last is written; one row per event, without
 * folding.
 */
async function raw(run: number, concurrency: number): Promise<number> {
  const table = `${keyspace}.raw_${run}`;
  await session.schema([
    `CREATE TABLE IF NOT EXISTS ${table} (order_id text, version bigint, type text, position bigint, recorded_at timestamp, payload blob, PRIMARY KEY ((order_id), version))`,
  ]);
  const insert = `INSERT INTO ${table} (order_id, version, type, position, recorded_at, payload) VALUES (?, ?, ?, ?, ?, ?)`;
  const limiter = createLimiter(concurrency);
  const write = ({ aggregateId, version, type, position, time, payload }: EventEnvelope) =>
    bare.execute(insert, [aggregateId, version, type, position, time, Buffer.from(payload)], EACH_QUORUM);
  const startedMs = performance.now();
  let written: Promise<unknown> = Promise.resolve();
  for (let after = 0n; ;) {
    const piece = await readJournal({ pool, afterPosition: after, limit: PIECE });
    await written;
    const newest = piece.at(-1);
    if (!newest) break;
    after = newest.position;
    written = Promise.all(piece.map((event) => limiter(() => write(event))));
  }
  return (performance.now() - startedMs) / 1_000;
}

serve<ReplayQuestion>(
  async (question): Promise<ReplayAnswer> => ({
    seconds: await (question.side === 'ours' ? ours() : raw(question.run, question.concurrency)),
  }),
  async () => {
    await feeding.stop();
    reader.close();
    await Promise.all([session.close(), bare.shutdown(), pool.close()]);
  },
);
