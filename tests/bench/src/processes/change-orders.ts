import { connectCassandra } from '@meridian/cassandra';
import { toMessage, topicOf } from '@meridian/contracts';
import { connectKafka, createEventProducer } from '@meridian/messaging';
import { cqlName, writeProgress } from '@meridian/projection';
import { ordersProjection } from '@meridian/read-model-orders';
import { setTimeout as pause } from 'node:timers/promises';
import { placedOrder } from './order-events.ts';
import { serve } from './serve.ts';

/**
 * Changes a few orders of one shard again and again: events in Kafka, then the orders' heads in every region, then the progress, as
 * the relay and a projector would do. Only the version changes, so that what is pushed stays as large as it is. Begins at once.
 */
export interface ChangeQuestion {
  readonly orderIds: readonly string[];
  /** The position after which the changes go on. */
  readonly after: bigint;
  readonly timesPerSecond: number;
}

const variable = (name: string) => process.env[name] ?? '';
const regions = variable('BENCH_REGIONS').split(',');
const [home = ''] = regions;
const keyspace = variable('BENCH_SPACE');
const topic = topicOf('orders', keyspace);
const { generation, name: projector } = ordersProjection;
const session = await connectCassandra({
  contactPoints: [variable('BENCH_CASSANDRA')],
  localDataCenter: home,
});
const kafka = connectKafka({ brokers: variable('BENCH_BROKERS').split(','), clientId: 'bench-changes' });
const producer = await createEventProducer(kafka);
const UPDATE = `INSERT INTO ${keyspace}.${cqlName({ name: 'order_step' }, generation)} (order_id, version, position) VALUES (?, ?, ?) USING TIMESTAMP ?`;
const SEND_TIMEOUT_MS = 20_000;

let isOver = false;

async function changeAll(orderIds: readonly string[], version: bigint, after: bigint): Promise<bigint> {
  const events = orderIds.map((orderId, index) => placedOrder(orderId, after + BigInt(index) + 1n));
  const messages = events.map((event) => ({ topic, ...toMessage({ ...event, version }) }));
  await producer.send(messages, { timeoutMs: SEND_TIMEOUT_MS });
  await Promise.all(
    events.map(({ aggregateId, position }) =>
      session.execute(UPDATE, [aggregateId, version, position, 2n * position + 1n], {
        consistency: 'EACH_QUORUM',
      }),
    ),
  );
  const newest = events.at(-1);
  if (!newest) return after;
  const { context, shard: partition, position, time: eventTime } = newest;
  const progress = { context, partition, position, eventTime };
  await writeProgress(session, keyspace, { projector, generation, regions }, progress);
  return position;
}

async function change({ orderIds, after, timesPerSecond }: ChangeQuestion): Promise<void> {
  const startedMs = performance.now();
  let position = after;
  for (let times = 0; !isOver; times++) {
    position = await changeAll(orderIds, BigInt(times) + 2n, position);
    await pause(Math.max(0, startedMs + ((times + 1) * 1_000) / timesPerSecond - performance.now()));
  }
}

let changing: Promise<void> = Promise.resolve();
serve<ChangeQuestion>(
  async (question) => {
    changing = change(question);
    // A failure ends the process, and with it the measurement.
  },
  async () => {
    isOver = true;
    await changing;
    await producer.close();
    await session.close();
  },
);
