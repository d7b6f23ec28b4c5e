import { CONTEXTS, topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, createEventProducer, ensureTopics } from '@meridian/messaging';
import { createPool } from '@meridian/mysql';
import { createRelay } from '@meridian/relay';
import { readJournal } from '@meridian/write-store';
import { connectBareProducer, RAW_CURSOR } from './bare-producer.ts';
import { serve } from './serve.ts';

/** A request to publish a schema's whole journal once. */
export interface DrainQuestion {
  readonly side: 'ours' | 'raw';
  /** Events in the journal. */
  readonly events: number;
}

/** How long the run took, from the first read of the journal to the last moved cursor. */
export interface DrainAnswer {
  readonly seconds: number;
}

const url = process.env['BENCH_MYSQL_URL'] ?? '';
const database = process.env['BENCH_DATABASE'] ?? '';
const brokers = (process.env['BENCH_BROKERS'] ?? '').split(',');
const topicPrefix = database;
const pool = createPool({ url, database });
const kafka = connectKafka({ brokers, clientId: 'bench-relay' });
await ensureTopics(
  kafka,
  CONTEXTS.map((context) => topicOf(context, topicPrefix)),
  SHARD_COUNT,
);
const log = {
  info: () => undefined,
  warn: () => undefined,
  error: (fields: object) => console.error(fields),
};

async function drainOurs(events: number): Promise<number> {
  await pool.query("UPDATE relay_shard SET position = 0, owner = '', lease_until = '1970-01-01'");
  const producer = await createEventProducer(kafka);
  let left = events;
  const published = Promise.withResolvers<void>();
  const relay = createRelay({
    pool,
    producer,
    topicPrefix,
    log,
    replica: 'bench',
    onPublished: (batch) => {
      left -= batch.length;
      if (left <= 0) published.resolve();
    },
  });
  const startedMs = performance.now();
  relay.start();
  await published.promise;
  await relay.stop();
  const seconds = (performance.now() - startedMs) / 1_000;
  await producer.close();
  return seconds;
}

const BATCH = 1_000;

/** The bare loop: select 1,000, sendBatch, move the cursor. */
async function drainRaw(): Promise<number> {
  await pool.query(RAW_CURSOR);
  await pool.query('REPLACE INTO raw_cursor VALUES (1, 0)');
  const producer = await connectBareProducer(kafka, topicPrefix);
  const startedMs = performance.now();
  for (let position = 0n; ;) {
    const events = await readJournal({ pool, afterPosition: position, limit: BATCH });
    const last = events.at(-1);
    if (!last) break;
    await producer.send(events);
    position = last.position;
    await pool.query('UPDATE raw_cursor SET position = ? WHERE id = 1', [position]);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  await producer.close();
  return seconds;
}

serve<DrainQuestion>(
  async ({ side, events }): Promise<DrainAnswer> => ({
    seconds: side === 'ours' ? await drainOurs(events) : await drainRaw(),
  }),
  () => pool.close(),
);
