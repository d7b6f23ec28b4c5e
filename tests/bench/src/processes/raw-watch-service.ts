import { Server, type ServerWritableStream } from '@grpc/grpc-js';
import { WatchOrderRequest, WatchOrderResponse } from '@meridian/contracts';
import { listen } from './bare-server.ts';
import { serve } from './serve.ts';

/**
 * The bare peer of WatchOrder: server streams of grpc-js. Every order changes as often as its changes can be pushed.
 * Each change is encoded once, and written to every stream of that order.
 */
export type PushQuestion =
  | {
      readonly kind: 'know';
      /** The pushed message, as large as ours. */
      readonly message: Uint8Array;
    }
  /** Orders change from now on … */
  | { readonly kind: 'begin' }
  /** … and until now. */
  | { readonly kind: 'end' };

type Watching = ServerWritableStream<WatchOrderRequest, Buffer>;

const streams = new Map<string, Set<Watching>>();
let template: WatchOrderResponse | undefined;
let version = 1n;
let isPushing = false;

function changed(): Buffer {
  const summary = template?.order?.summary;
  if (!template?.order || !summary) throw new Error('nothing to push');
  version += 1n;
  const order = { ...template.order, summary: { ...summary, version } };
  return Buffer.from(WatchOrderResponse.encode({ ...template, order }).finish());
}

function write(stream: Watching, message: Buffer): Promise<void> {
  return new Promise((resolve) => {
    stream.write(message, () => resolve());
    // A cancelled stream never calls back.
    if (stream.cancelled) resolve();
  });
}

/** One change of every order, on every stream of it. */
async function pushOnce(): Promise<void> {
  const writes: Promise<void>[] = [];
  for (const watching of streams.values()) {
    if (watching.size === 0) continue;
    const message = changed();
    for (const stream of watching) writes.push(write(stream, message));
  }
  await Promise.all(writes);
}

/**
 * Pushes at full speed. The next changes are written while the previous changes are under way, and no stream is
 * skipped.
 */
async function push(): Promise<void> {
  let before: Promise<void> = Promise.resolve();
  while (isPushing) {
    const now = pushOnce();
    await before;
    before = now;
    // Lets other work run.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(
  {
    watchOrder: {
      path: '/meridian.orders.v1.OrdersQueryService/WatchOrder',
      requestStream: false,
      responseStream: true,
      requestSerialize: (message: WatchOrderRequest) =>
        Buffer.from(WatchOrderRequest.encode(message).finish()),
      requestDeserialize: (bytes: Buffer) => WatchOrderRequest.decode(bytes),
      responseSerialize: (bytes: Buffer) => bytes,
      responseDeserialize: (bytes: Buffer) => bytes,
    },
  },
  {
    watchOrder(stream: Watching) {
      const { orderId } = stream.request;
      const watching = streams.get(orderId) ?? new Set();
      streams.set(orderId, watching.add(stream));
      stream.once('cancelled', () => {
        watching.delete(stream);
        stream.end();
      });
      void write(stream, changed());
    },
  },
);
const port = await listen(server);

serve<PushQuestion>(
  async (question) => {
    if (question.kind === 'know') template = WatchOrderResponse.decode(question.message);
    isPushing = question.kind === 'begin';
    if (isPushing) void push();
    return port;
  },
  async () => server.forceShutdown(),
);
