import { CONTEXTS, parsePartitionKey, topicOf, type Positions } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, createEventProducer, ensureTopics } from '@meridian/messaging';
import { createPool } from '@meridian/mysql';
import { createRelay } from '@meridian/relay';
import { createCommandQueue, createUnitOfWork, readHead, type CommittedEvents } from '@meridian/write-store';
import { setTimeout as pause } from 'node:timers/promises';
import { atRate } from './at-rate.ts';
import { commandMaker } from './place-order-command.ts';
import { serve } from './serve.ts';

/**
 * Places orders at a steady rate through the group commit. Measures the time from the commit's acknowledgement to
 * Kafka's, for the newest event of each partition of each order. Events are published by the relay, or produced
 * straight after the commit.
 */
export interface LatencyQuestion {
  readonly side: 'ours' | 'raw';
  /** 0: as fast as 256 callers can, to find the rate; half of that rate is the load. */
  readonly ordersPerSecond: number;
  readonly seconds: number;
}

/** The measured times. */
export interface LatencyAnswer {
  readonly ordersPerSecond: number;
  readonly timesMs: readonly number[];
}

const url = process.env['BENCH_MYSQL_URL'] ?? '';
const database = process.env['BENCH_DATABASE'] ?? '';
const brokers = (process.env['BENCH_BROKERS'] ?? '').split(',');
const topicPrefix = database;
const TICK_MS = 5;
const CALLERS = 256;
const PAYLOAD = Buffer.alloc(120, 'x');
const SEND_TIMEOUT_MS = 20_000;

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

/** A publisher: it gets what was committed, and reports what was acknowledged. */
interface Publishing {
  /** Called after each transaction. */
  committed?(committed: CommittedEvents): void;
  /** Called after each accepted command. */
  accepted?(positions: Positions): void;
  stop(): Promise<void>;
}

type Acknowledged = (key: string) => void;

async function publishByRelay(acknowledged: Acknowledged): Promise<Publishing> {
  const head = await readHead(pool);
  await pool.query("UPDATE relay_shard SET position = ?, owner = '', lease_until = '1970-01-01'", [head]);
  const producer = await createEventProducer(kafka);
  const relay = createRelay({
    pool,
    producer,
    topicPrefix,
    log,
    replica: 'bench',
    onPublished: (events) => {
      for (const { context, shard, position } of events) acknowledged(`${context}/${shard}@${position}`);
    },
  });
  relay.start();
  while (relay.status().shards.length < SHARD_COUNT) await pause(TICK_MS);
  return {
    committed: (committed) => relay.committed(committed),
    async stop() {
      await relay.stop();
      await producer.close();
    },
  };
}

/** Produces committed events straight away. Events that arrive during a send go together in the next send. */
async function publishBare(acknowledged: Acknowledged): Promise<Publishing> {
  const producer = await createEventProducer(kafka);
  let waiting: { readonly key: string; readonly topic: string; readonly partition: number }[] = [];
  let running: Promise<void> | undefined;
  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const headers = {
        ce_position: '1',
        ce_type: 'bench',
        ce_source: '/meridian/orders/order',
        ce_id: 'bench',
      };
      await producer.send(
        batch.map(({ key, topic, partition }) => ({ key, topic, partition, headers, value: PAYLOAD })),
        { timeoutMs: SEND_TIMEOUT_MS },
      );
      for (const { key } of batch) acknowledged(key);
    }
    running = undefined;
  }
  return {
    accepted(positions) {
      for (const [key, position] of positions) {
        const { context, partition } = parsePartitionKey(key);
        waiting.push({ key: `${key}@${position}`, topic: topicOf(context, topicPrefix), partition });
      }
      running ??= run();
    },
    async stop() {
      await running;
      await producer.close();
    },
  };
}

async function measure({ side, ordersPerSecond, seconds }: LatencyQuestion): Promise<LatencyAnswer> {
  const committedAtMs = new Map<string, number>();
  const timesMs: number[] = [];
  const acknowledged: Acknowledged = (key) => {
    const sinceMs = committedAtMs.get(key);
    if (sinceMs === undefined) return;
    committedAtMs.delete(key);
    timesMs.push(performance.now() - sinceMs);
  };
  const publishing = await (side === 'ours' ? publishByRelay(acknowledged) : publishBare(acknowledged));
  const queue = createCommandQueue({
    unitOfWork: createUnitOfWork({ pool, onCommitted: (committed) => publishing.committed?.(committed) }),
    maxCommands: 256,
    maxQueued: 100_000,
  });
  const nextCommand = commandMaker();
  let placed = 0;
  async function place(): Promise<void> {
    const result = await queue.submit(nextCommand());
    if (result.kind !== 'accepted') throw new Error(`an order was not accepted: ${result.kind}`);
    placed += 1;
    const nowMs = performance.now();
    for (const [key, position] of result.positions) committedAtMs.set(`${key}@${position}`, nowMs);
    publishing.accepted?.(result.positions);
  }
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  if (ordersPerSecond === 0) {
    const caller = async () => {
      while (performance.now() < endMs) await place();
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
  } else {
    await atRate(ordersPerSecond, () => performance.now() >= endMs, place);
  }
  const rate = placed / ((performance.now() - startedMs) / 1_000);
  await queue.drain();
  while (committedAtMs.size > 0) await pause(TICK_MS);
  await publishing.stop();
  return { ordersPerSecond: rate, timesMs };
}

serve<LatencyQuestion>(measure, () => pool.close());
