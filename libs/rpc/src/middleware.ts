import type { CallContext, ServerMiddlewareCall } from 'nice-grpc-common';
import type { errorDetailsServerMiddleware } from 'nice-grpc-error-details';

/** What a middleware gives: messages of a stream, or one at the end. */
export type Answers<Response> = ReturnType<typeof errorDetailsServerMiddleware<unknown, Response>>;

/** Ends calls that last as long as their caller likes (health watches, reflection) when the server shuts down. */
export function endedBy(shutdown: AbortSignal) {
  return async function* endedByShutdown<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ): Answers<Response> {
    return yield* call.next(call.request, {
      ...context,
      signal: AbortSignal.any([context.signal, shutdown]),
    });
  };
}
