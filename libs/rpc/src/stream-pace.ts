import { constants } from 'node:http2';
import type { ServerInterceptor } from '@grpc/grpc-js';
import { Pace } from './pace.ts';
import { PassingCall } from './passing-call.ts';

type InterceptedCall = Parameters<ServerInterceptor>[1];

/**
 * Ends a stream whose reader has taken nothing of what waits for `idleMs`. The memory and the place that the stream
 * holds here are freed. Its caller reads RESOURCE_EXHAUSTED, or CANCELLED, and may begin a new one. A stream that has
 * nothing to send lasts as long as its handler. It has to be the first of a server's interceptors, because it ends
 * the HTTP/2 stream itself. A status would wait behind the messages that nobody takes.
 */
export function streamPace(idleMs: number): ServerInterceptor {
  return (method, call) =>
    method.responseStream
      ? new PacedCall(call, new Pace(idleMs, () => endStream(call)))
      : new PassingCall(call);
}

class PacedCall extends PassingCall {
  readonly #pace: Pace;

  constructor(call: InterceptedCall, pace: Pace) {
    // grpc-js tells of a cancel when the stream has closed, in whatever way.
    super(call, { start: (next) => next({ onCancel: () => pace.end() }) });
    this.#pace = pace;
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.#pace.sent();
    super.sendMessage(message, () => {
      this.#pace.taken();
      callback();
    });
  }
}

/** The stream is a private part of the call; grpc-js has no way of its own to end one that does not drain. */
function endStream(call: InterceptedCall): void {
  const stream: unknown = Reflect.get(call, 'stream');
  const close: unknown =
    typeof stream === 'object' && stream !== null ? Reflect.get(stream, 'close') : undefined;
  if (typeof close !== 'function')
    throw new Error('this version of grpc-js keeps its HTTP/2 stream elsewhere');
  close.call(stream, constants.NGHTTP2_ENHANCE_YOUR_CALM);
}
