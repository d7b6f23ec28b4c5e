import { Client, credentials } from '@grpc/grpc-js';
import {
  encodeEvent,
  GetOrderRequest,
  GetOrderResponse,
  isEventType,
  PlaceOrderResponse,
  toMessage,
} from '@meridian/contracts';
import { newId } from '@meridian/kernel';
import { connectKafka } from '@meridian/messaging';
import kafkajs from 'kafkajs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { atRate } from './at-rate.ts';
import { connectBare, LOCAL_QUORUM } from './bare-cassandra.ts';
import { placedOrder } from './order-events.ts';
import { orderMaker } from './order-mix.ts';
import { serve } from './serve.ts';

/**
 * Measures the time until a change is visible, at an even rate. Ours: from the acknowledgement of an order to the query
 * service's answer that includes the order. Raw: from the call that produces an event until its row is read.
 */
export interface VisibleQuestion {
  readonly side: 'ours' | 'raw';
  readonly samples: number;
  readonly perSecond: number;
}

/** The measured times. */
export interface VisibleAnswer {
  readonly timesMs: readonly number[];
}

const PLACE = '/meridian.orders.v1.OrdersCommandService/PlaceOrder';
const GET = '/meridian.orders.v1.OrdersQueryService/GetOrder';
const DEADLINE_MS = 20_000;
const same = (bytes: Buffer) => bytes;
const variable = (name: string) => process.env[name] ?? '';

const commands = new Client(variable('BENCH_COMMANDS'), credentials.createInsecure());
const queries = new Client(variable('BENCH_QUERIES'), credentials.createInsecure());
const nextOrder = orderMaker({ lines: 5, hotShare: 0 });

function call(client: Client, path: string, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + DEADLINE_MS };
    client.makeUnaryRequest(path, same, same, request, options, (error, answer) =>
      error || !answer ? reject(error ?? new Error('no answer')) : resolve(answer),
    );
  });
}

async function seenByOurs(): Promise<number> {
  const placed = PlaceOrderResponse.decode(await call(commands, PLACE, nextOrder()));
  const sinceMs = performance.now();
  const { aggregateId: orderId = '', token } = placed.receipt ?? {};
  const question = GetOrderRequest.encode({ orderId, read: { token } }).finish();
  const { order } = GetOrderResponse.decode(await call(queries, GET, Buffer.from(question)));
  const tookMs = performance.now() - sinceMs;
  if (order?.summary?.orderId !== orderId) throw new Error(`order ${orderId} was not answered`);
  return tookMs;
}

const store = await connectBare(variable('BENCH_CASSANDRA'), variable('BENCH_REGION'));
const READ = `SELECT * FROM ${variable('BENCH_TABLE')} WHERE order_id = ?`;
const topic = variable('BENCH_TOPIC');
const producer = connectKafka({
  brokers: variable('BENCH_BROKERS').split(','),
  clientId: 'bench-probe',
}).producer({
  createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
});
await producer.connect();

/** The callbacks that wait for a row to be written, by key. */
const waiting = new Map<string, () => void>();
const told = connect(Number(variable('BENCH_TOLD_PORT')), '127.0.0.1');
told.setNoDelay(true);
createInterface({ input: told }).on('line', (orderId) => waiting.get(orderId)?.());

let position = 0n;

async function seenByRaw(): Promise<number> {
  const event = placedOrder(newId(), ++position);
  const { key, partition, headers, value } = toMessage({ ...event, payload: encodeEvent(event) });
  const written = new Promise<void>((resolve) => waiting.set(key, resolve));
  const message = { key, partition, headers: { ...headers }, value: Buffer.from(value) };
  const sinceMs = performance.now();
  const sent = producer.send({ topic, acks: -1, messages: [message] });
  // The row may be written before the broker's answer arrives.
  await Promise.race([written, sent.then(() => written)]);
  const { rows } = await store.execute(READ, [key], LOCAL_QUORUM);
  const tookMs = performance.now() - sinceMs;
  await sent;
  waiting.delete(key);
  if (rows.length !== 1 || !isEventType(String(rows[0]?.['type']))) throw new Error(`${key} was not read`);
  return tookMs;
}

async function measure({ side, samples, perSecond }: VisibleQuestion): Promise<VisibleAnswer> {
  const timesMs: number[] = [];
  const seen = side === 'ours' ? seenByOurs : seenByRaw;
  await atRate(
    perSecond,
    (begun) => begun >= samples,
    async () => void timesMs.push(await seen()),
  );
  return { timesMs };
}

serve<VisibleQuestion>(measure, async () => {
  told.destroy();
  commands.close();
  queries.close();
  await producer.disconnect();
  await store.shutdown();
});
