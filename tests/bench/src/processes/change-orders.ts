import { connectCassandra } from '@meridian/cassandra';
import { toMessage, topicOf } from '@meridian/contracts';
import { connectKafka, createEventProducer } from '@meridian/messaging';
import { firstGeneration, cqlName } from '@meridian/projection';
import { writeProgress } from '@meridian/projector';
import { NOTHING_PUT_ASIDE } from '@meridian/read-store';
import { ordersProjection } from '@meridian/read-model-orders';
import { setTimeout as pause } from 'node:timers/promises';
import { placedOrder } from './order-events.ts';
import { serve } from './serve.ts';

/**
 * Changes a few orders of one shard repeatedly, as the relay and a projector would. Each change writes events to Kafka,
 * then the orders' heads in every region, then the progress. Only the version changes, so that pushes keep their size.
 * `try` changes at full speed for a while and answers with the changes per second. `begin` begins at once and goes on.
 */
export type ChangeQuestion = { readonly orderIds: readonly string[] } & (
  | { readonly kind: 'try'; readonly seconds: number }
  | { readonly kind: 'begin'; readonly timesPerSecond: number }
);

const variable = (name: string) => process.env[name] ?? '';
const regions = variable('BENCH_REGIONS').split(',');
const [home = ''] = regions;
const keyspace = variable('BENCH_SPACE');
const topic = topicOf('orders', keyspace);
const { generation, name: projector } = firstGeneration(ordersProjection);
const session = await connectCassandra({
  contactPoints: [variable('BENCH_CASSANDRA')],
  localDataCenter: home,
});
const kafka = connectKafka({ brokers: variable('BENCH_BROKERS').split(','), clientId: 'bench-changes' });
const producer = await createEventProducer(kafka);
const UPDATE = `INSERT INTO ${keyspace}.${cqlName({ name: 'order_step' }, generation)} (order_id, version, position) VALUES (?, ?, ?) USING TIMESTAMP ?`;
const SEND_TIMEOUT_MS = 20_000;

let isOver = false;
/** Positions continue after the stored orders. */
let position = BigInt(variable('BENCH_POSITION'));
let version = 1n;

async function changeAll(orderIds: readonly string[]): Promise<void> {
  version += 1n;
  const events = orderIds.map((orderId) => ({ ...placedOrder(orderId, ++position), version }));
  await producer.send(
    events.map((event) => ({ topic, ...toMessage(event) })),
    { timeoutMs: SEND_TIMEOUT_MS },
  );
  await Promise.all(
    events.map(({ aggregateId, position: own }) =>
      session.execute(UPDATE, [aggregateId, version, own, 2n * own + 1n], { consistency: 'EACH_QUORUM' }),
    ),
  );
  const newest = events.at(-1);
  if (!newest) return;
  const { context, shard: partition, time: eventTime } = newest;
  const reached = { context, partition, position: newest.position, eventTime };
  const progress = { ...reached, putAside: NOTHING_PUT_ASIDE };
  await writeProgress(session, keyspace, { projector, generation, regions }, progress);
}

/** Changes at full speed; answers with the changes per second. */
async function rateOf(orderIds: readonly string[], seconds: number): Promise<number> {
  const startedMs = performance.now();
  let times = 0;
  for (; performance.now() < startedMs + seconds * 1_000; times++) await changeAll(orderIds);
  return times / ((performance.now() - startedMs) / 1_000);
}

async function change(orderIds: readonly string[], timesPerSecond: number): Promise<void> {
  const startedMs = performance.now();
  for (let times = 1; !isOver; times++) {
    await changeAll(orderIds);
    await pause(Math.max(0, startedMs + (times * 1_000) / timesPerSecond - performance.now()));
  }
}

let changing: Promise<void> = Promise.resolve();
serve<ChangeQuestion>(
  async (question) => {
    const { orderIds } = question;
    if (question.kind === 'try') return rateOf(orderIds, question.seconds);
    changing = change(orderIds, question.timesPerSecond);
    // A failure ends the process, and with it the measurement.
    return undefined;
  },
  async () => {
    isOver = true;
    await changing;
    await producer.close();
    await session.close();
  },
);
