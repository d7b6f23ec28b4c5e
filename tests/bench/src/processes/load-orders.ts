import type { Client } from '@grpc/grpc-js';
import { createClients } from './caller.ts';
import { orderMaker, type OrderMix } from './order-mix.ts';
import { serve } from './serve.ts';

/** Places orders on a server, in a closed loop: `concurrency` calls are under way at once, on several connections. */
export interface LoadQuestion {
  readonly addresses: readonly string[];
  readonly concurrency: number;
  readonly mix: OrderMix;
  /** Ends after this time … */
  readonly seconds?: number;
  /** … or after this number of calls. */
  readonly calls?: number;
}

/** The result of the load. */
export interface LoadAnswer {
  readonly accepted: number;
  readonly failed: number;
  /** The message of the first failure. */
  readonly failure: string;
  readonly seconds: number;
  /** How long each accepted call took. */
  readonly timesMs: readonly number[];
}

const PATH = '/meridian.orders.v1.OrdersCommandService/PlaceOrder';
const CONNECTIONS_AN_ADDRESS = 4;
const DEADLINE_MS = 20_000;
const same = (bytes: Buffer) => bytes;
const clients = createClients(CONNECTIONS_AN_ADDRESS);

function call(client: Client, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(PATH, same, same, request, { deadline: Date.now() + DEADLINE_MS }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

async function load({ addresses, concurrency, mix, seconds, calls }: LoadQuestion): Promise<LoadAnswer> {
  const nextOrder = orderMaker(mix);
  // Connections alternate between addresses, so that calls in sequence go to different replicas.
  const all = Array.from({ length: CONNECTIONS_AN_ADDRESS }, (_, index) =>
    addresses.flatMap((address) => clients.of(address)[index] ?? []),
  ).flat();
  const timesMs: number[] = [];
  let [failed, failure, left] = [0, '', calls ?? Number.POSITIVE_INFINITY];
  const startedMs = performance.now();
  const endMs = seconds === undefined ? Number.POSITIVE_INFINITY : startedMs + seconds * 1_000;
  async function caller(index: number): Promise<void> {
    const client = all[index % all.length];
    if (!client) throw new Error('no address to ask');
    while (performance.now() < endMs && left-- > 0) {
      const sentMs = performance.now();
      try {
        await call(client, nextOrder());
        timesMs.push(performance.now() - sentMs);
      } catch (error) {
        failed += 1;
        failure ||= String(error);
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, (_, index) => caller(index)));
  const took = (performance.now() - startedMs) / 1_000;
  return { accepted: timesMs.length, failed, failure, seconds: took, timesMs };
}

serve(load, async () => {
  clients.close();
});
