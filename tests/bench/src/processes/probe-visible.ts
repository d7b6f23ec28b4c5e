import { Client } from '@grpc/grpc-js';
import { GetOrderRequest, GetOrderResponse, PlaceOrderResponse } from '@meridian/contracts';
import { atRate } from './at-rate.ts';
import { connectBareChain } from './bare-chain.ts';
import { callerCredentials } from './caller.ts';
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

const commands = new Client(variable('BENCH_COMMANDS'), callerCredentials());
const queries = new Client(variable('BENCH_QUERIES'), callerCredentials());
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

/** The bare chain, connected when it is first measured. */
let chain: ReturnType<typeof connectBareChain> | undefined;
const bare = () => (chain ??= connectBareChain(variable));

async function measure({ side, samples, perSecond }: VisibleQuestion): Promise<VisibleAnswer> {
  const timesMs: number[] = [];
  const seen = side === 'ours' ? seenByOurs : (await bare()).seen;
  await atRate(
    perSecond,
    (begun) => begun >= samples,
    async () => void timesMs.push(await seen()),
  );
  return { timesMs };
}

serve<VisibleQuestion>(measure, async () => {
  commands.close();
  queries.close();
  await (await chain)?.close();
});
