import {
  Metadata,
  type CallOptions,
  type ClientMiddleware,
  type ClientMiddlewareCall,
} from 'nice-grpc-common';
import type { Answers } from './middleware.ts';

/** Gives the token that proves who calls. It is asked before every attempt of every call, so it should keep a token that is still good. */
export type TokenSource = () => string | Promise<string>;

/** Puts the token of its source into every attempt of a call. */
export function bearer(source: TokenSource | undefined): ClientMiddleware {
  return async function* withToken<Request, Response>(
    call: ClientMiddlewareCall<Request, Response>,
    options: CallOptions,
  ): Answers<Response> {
    if (!source) return yield* call.next(call.request, options);
    const metadata = Metadata(options.metadata).set('authorization', `Bearer ${await source()}`);
    return yield* call.next(call.request, { ...options, metadata });
  };
}
