import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptor } from '@grpc/grpc-js';
import { FairQueue } from './fair-queue.ts';
import { Pace } from './pace.ts';
import { PassingCall } from './passing-call.ts';

type InterceptedCall = Parameters<ServerInterceptor>[1];

/**
 * Ends a stream whose reader has taken nothing of what waits for `idleMs`. The memory and the place that the stream
 * holds here are freed. Its caller reads RESOURCE_EXHAUSTED, or CANCELLED, and may begin a new one. A stream that has
 * nothing to send lasts as long as its handler. The streams of one connection get equal shares of it. This has to be the
 * first of a server's interceptors, because it ends the HTTP/2 stream itself. A status would wait behind the messages
 * that nobody takes.
 */
export function streamPace(idleMs: number): ServerInterceptor {
  return (method, call) =>
    method.responseStream
      ? new PacedCall(call, new Pace(idleMs, () => endStream(call)), fairQueueOf(call))
      : new PassingCall(call);
}

class PacedCall extends PassingCall {
  readonly #pace: Pace;
  readonly #queue: FairQueue;
  /** Sends the message that is held back. A stream has one at most. */
  #held: (() => void) | undefined;

  constructor(call: InterceptedCall, pace: Pace, queue: FairQueue) {
    // grpc-js tells of a cancel when the stream has closed, in whatever way.
    super(call, { start: (next) => next({ onCancel: () => this.#end() }) });
    this.#pace = pace;
    this.#queue = queue;
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.#pace.sent();
    if (this.#queue.isFree()) {
      this.#send(message, callback);
      return;
    }
    this.#held = () => {
      this.#held = undefined;
      this.#send(message, callback);
    };
    this.#queue.hold(this.#held);
  }

  #send(message: unknown, callback: () => void): void {
    super.sendMessage(message, () => {
      this.#pace.taken();
      this.#queue.gone();
      callback();
    });
  }

  #end(): void {
    this.#pace.end();
    if (this.#held) this.#queue.forget(this.#held);
  }
}

/** The queue of each connection. */
const queues = new WeakMap<Http2Session, FairQueue>();

function fairQueueOf(call: InterceptedCall): FairQueue {
  const { session } = streamOf(call);
  const known = session && queues.get(session);
  if (known) return known;
  // The state of a session that has ended is empty. Nothing is held back then.
  const queue = new FairQueue(() => session?.state.remoteWindowSize !== 0);
  if (session) queues.set(session, queue);
  return queue;
}

/** grpc-js has no way of its own to end a stream that does not drain. */
function endStream(call: InterceptedCall): void {
  streamOf(call).close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
}

/** The stream is a private part of the call. */
function streamOf(call: InterceptedCall): ServerHttp2Stream {
  const stream: unknown = Reflect.get(call, 'stream');
  if (!isStream(stream)) throw new Error('this version of grpc-js keeps its HTTP/2 stream elsewhere');
  return stream;
}

function isStream(value: unknown): value is ServerHttp2Stream {
  return typeof value === 'object' && value !== null && 'session' in value && 'close' in value;
}
