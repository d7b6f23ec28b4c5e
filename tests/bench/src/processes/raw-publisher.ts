import {
  CONTEXTS,
  contextOfAggregate,
  isAggregateType,
  topicOf,
  type EventEnvelope,
} from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, ensureTopics } from '@meridian/messaging';
import { uuidFromBytes } from '@meridian/mysql';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import { setTimeout as pause } from 'node:timers/promises';
import { connectBareProducer, RAW_CURSOR } from './bare-producer.ts';
import { createJournalGaps } from './journal-gaps.ts';
import { serve } from './serve.ts';

/**
 * The publisher of the bare chain: a loop that selects 1,000 events, sends them and moves its cursor. It begins at the end of the
 * journal. Positions of AUTO_INCREMENT are not in commit order, so it asks again for those that it has not seen.
 */
const database = process.env['BENCH_DATABASE'] ?? '';
const topicPrefix = process.env['BENCH_TOPICS'] ?? '';
const pool = createPool({
  uri: process.env['BENCH_MYSQL_URL'] ?? '',
  database,
  connectionLimit: 1,
  supportBigNumbers: true,
  bigNumberStrings: true,
  timezone: 'Z',
});
const kafka = connectKafka({
  brokers: (process.env['BENCH_BROKERS'] ?? '').split(','),
  clientId: 'bench-raw-publisher',
});
const BATCH = 1_000;
const IDLE_MS = 5;
const FIRST = 'SELECT COALESCE(MAX(position), 0) AS position FROM journal';
const COLUMNS =
  'position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type, payload, recorded_at, traceparent';

interface JournalRow extends RowDataPacket {
  readonly position: string;
  readonly event_id: Buffer;
  readonly shard: number;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly aggregate_version: string;
  readonly type: string;
  readonly payload: Buffer;
  readonly recorded_at: Date;
  readonly traceparent: string;
}

function envelopeOf(row: JournalRow): EventEnvelope {
  const { aggregate_type: aggregateType } = row;
  if (!isAggregateType(aggregateType)) throw new Error(`there is no ${aggregateType}`);
  return {
    eventId: uuidFromBytes(row.event_id),
    position: BigInt(row.position),
    shard: row.shard,
    context: contextOfAggregate(aggregateType),
    aggregateType,
    aggregateId: row.aggregate_id,
    version: BigInt(row.aggregate_version),
    type: row.type,
    time: row.recorded_at,
    traceparent: row.traceparent,
    payload: row.payload,
  };
}

async function select(after: bigint, missing: readonly bigint[]): Promise<readonly JournalRow[]> {
  const some = missing.length > 0 ? ' OR position IN (?)' : '';
  const [rows] = await pool.query<JournalRow[]>(
    `SELECT ${COLUMNS} FROM journal WHERE position > ?${some} ORDER BY position LIMIT ${BATCH}`,
    missing.length > 0 ? [after, missing] : [after],
  );
  return rows;
}

async function publish(): Promise<void> {
  const [[first]] = await pool.query<(RowDataPacket & { readonly position: string })[]>(FIRST);
  const gaps = createJournalGaps(BigInt(first?.position ?? 0));
  while (!isStopping) {
    const rows = await select(gaps.cursor(), gaps.missing(performance.now()));
    if (rows.length === 0) {
      await pause(IDLE_MS);
      continue;
    }
    await producer.send(rows.map(envelopeOf));
    gaps.saw(
      rows.map(({ position }) => BigInt(position)),
      performance.now(),
    );
    await pool.query('REPLACE INTO raw_cursor VALUES (1, ?)', [gaps.cursor()]);
  }
}

await ensureTopics(
  kafka,
  CONTEXTS.map((context) => topicOf(context, topicPrefix)),
  SHARD_COUNT,
);
await pool.query(RAW_CURSOR);
const producer = await connectBareProducer(kafka, topicPrefix);
let isStopping = false;
const publishing = publish();
// Whoever asks next is told.
publishing.catch(() => undefined);

serve(
  async () => Promise.race([publishing, Promise.resolve('publishing')]),
  async () => {
    isStopping = true;
    await publishing.catch(() => undefined);
    await producer.close();
    await pool.end();
  },
);
