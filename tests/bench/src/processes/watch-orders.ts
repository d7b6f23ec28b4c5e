import { setTimeout as pause } from 'node:timers/promises';
import { Client, credentials, type ClientReadableStream } from '@grpc/grpc-js';
import { serve } from './serve.ts';

/** Watches orders on a server: many streams, spread over four connections. */
export type WatchQuestion =
  | {
      readonly kind: 'open';
      readonly address: string;
      /** Encoded requests; each stream takes the next. */
      readonly requests: readonly Uint8Array[];
      readonly streams: number;
    }
  | { readonly kind: 'count'; readonly seconds: number }
  | { readonly kind: 'close' };

/** The first message of a stream, once every stream has its own. */
export interface OpenAnswer {
  readonly first: Uint8Array;
}

/** The messages during the count. */
export interface CountAnswer {
  readonly updates: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Streams without a message. */
  readonly silent: number;
}

const WATCH_ORDER = '/meridian.orders.v1.OrdersQueryService/WatchOrder';
const CONNECTIONS = 4;
const OPENING_AT_ONCE = 100;
const same = (bytes: Buffer) => bytes;

let clients: readonly Client[] = [];
let streams: ClientReadableStream<Buffer>[] = [];
let counts = new Uint32Array();
let bytes = 0;
let failure: Error | undefined;

/** Resolves with the first message. */
function openStream(index: number, request: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const client = clients[index % clients.length];
  if (!client) throw new Error('no client');
  const stream = client.makeServerStreamRequest(WATCH_ORDER, same, same, request);
  streams.push(stream);
  stream.once('data', resolve);
  stream.on('data', (message: Buffer) => {
    counts[index] = (counts[index] ?? 0) + 1;
    bytes += message.length;
  });
  stream.on('error', (error) => {
    if (streams.length > 0) failure ??= error;
    reject(error);
  });
  return promise;
}

async function open(address: string, requests: readonly Uint8Array[], count: number): Promise<OpenAnswer> {
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  clients = Array.from(
    { length: CONNECTIONS },
    () => new Client(address, credentials.createInsecure(), options),
  );
  counts = new Uint32Array(count);
  let first: Uint8Array = new Uint8Array();
  for (let start = 0; start < count; start += OPENING_AT_ONCE) {
    const some = Array.from({ length: Math.min(OPENING_AT_ONCE, count - start) }, (_, offset) => {
      const request = requests[(start + offset) % requests.length];
      return openStream(start + offset, Buffer.from(request ?? []));
    });
    [first = first] = await Promise.all(some);
  }
  return { first };
}

async function count(seconds: number): Promise<CountAnswer> {
  counts.fill(0);
  bytes = 0;
  const startedMs = performance.now();
  await pause(seconds * 1_000);
  if (failure) throw failure;
  return {
    updates: counts.reduce((sum, one) => sum + one, 0),
    bytes,
    seconds: (performance.now() - startedMs) / 1_000,
    silent: counts.filter((one) => one === 0).length,
  };
}

function close(): void {
  const ending = streams;
  streams = [];
  for (const stream of ending) stream.cancel();
  for (const client of clients) client.close();
  failure = undefined;
}

serve<WatchQuestion>(
  async (question) => {
    if (question.kind === 'open') return open(question.address, question.requests, question.streams);
    if (question.kind === 'count') return count(question.seconds);
    return close();
  },
  async () => close(),
);
