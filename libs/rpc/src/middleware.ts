import { ServerError, type CallContext, type ServerMiddlewareCall } from 'nice-grpc-common';
import { RichServerError, type errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import { streamAgeMs } from './call-bounds.ts';
import type { EnterMethod } from './concurrency-limit.ts';
import { withFittingMessage } from './error-bytes.ts';

/** What a middleware gives: messages of a stream, or one at the end. */
export type Answers<Response> = ReturnType<typeof errorDetailsServerMiddleware<unknown, Response>>;

/**
 * Ends calls that last as long as their caller likes (health watches, reflection). Such calls end when the server shuts
 * down, and before their connection is cut for its age.
 */
export function endedBy(shutdown: AbortSignal, longestStreamMs: number) {
  return async function* endedByShutdown<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ): Answers<Response> {
    // A unary call, such as a probe, ends long before and needs no timer.
    const tooOld = call.responseStream ? [AbortSignal.timeout(streamAgeMs(longestStreamMs))] : [];
    return yield* call.next(call.request, {
      ...context,
      signal: AbortSignal.any([context.signal, shutdown, ...tooOld]),
    });
  };
}

/** Cuts the message of an error that repeats what its caller sent: for calls that no other guard answers for. */
export async function* fittingErrors<Request, Response>(
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
): Answers<Response> {
  try {
    return yield* call.next(call.request, context);
  } catch (error) {
    const isPlain = error instanceof ServerError && !(error instanceof RichServerError);
    throw isPlain ? withFittingMessage(error) : error;
  }
}

/** Holds a place of its method for as long as a call lasts: for calls that no other guard counts. */
export function withPlace(enter: EnterMethod) {
  return async function* holdingPlace<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ): Answers<Response> {
    const place = enter(call.method.path);
    try {
      return yield* call.next(call.request, context);
    } finally {
      place.leave();
    }
  };
}
