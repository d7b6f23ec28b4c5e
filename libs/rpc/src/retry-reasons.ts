import type { RetryOptions } from 'nice-grpc-client-middleware-retry';
import {
  ClientError,
  Status,
  type CallOptions,
  type ClientMiddleware,
  type ClientMiddlewareCall,
} from 'nice-grpc-common';
import { callFailure } from './client-errors.ts';
import type { Answers } from './middleware.ts';

/**
 * A region that is behind has waited already: asking it again at once is no use. Other reasons of UNAVAILABLE, such as
 * KEY_NOT_COPIED or REGION_STORE_UNAVAILABLE, may have passed by the next try.
 */
const FINAL_REASONS: ReadonlySet<string> = new Set(['REGION_BEHIND']);

/**
 * What grpc-js says, with INTERNAL, when a call's stream or connection was ended below gRPC. The other side's HTTP/2
 * layer did so, or a proxy in between. A server of ours that answers INTERNAL always sends a status of its own, with a
 * reason.
 */
const ENDED_BELOW_GRPC = /^Received RST_STREAM with code \d+/;

/** A stream or connection that was ended below gRPC is UNAVAILABLE, as it is when its socket breaks. */
export async function* lostStreams<Request, Response>(
  call: ClientMiddlewareCall<Request, Response>,
  options: CallOptions,
): Answers<Response> {
  try {
    return yield* call.next(call.request, options);
  } catch (error) {
    if (
      error instanceof ClientError &&
      error.code === Status.INTERNAL &&
      ENDED_BELOW_GRPC.test(error.details)
    )
      throw new ClientError(error.path, Status.UNAVAILABLE, error.details);
    throw error;
  }
}

class FinalFailure extends Error {
  readonly failure: ClientError;
  constructor(failure: ClientError) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Hides an error that must not be retried from the retries above. */
export async function* hideFinal<Request, Response>(
  call: ClientMiddlewareCall<Request, Response>,
  options: CallOptions,
): Answers<Response> {
  try {
    return yield* call.next(call.request, options);
  } catch (error) {
    if (error instanceof ClientError && FINAL_REASONS.has(callFailure(error)?.reason ?? ''))
      throw new FinalFailure(error);
    throw error;
  }
}

/** Shows what hideFinal hid. */
export async function* showFinal<Request, Response>(
  call: ClientMiddlewareCall<Request, Response>,
  options: CallOptions,
): Answers<Response> {
  try {
    return yield* call.next(call.request, options);
  } catch (error) {
    throw error instanceof FinalFailure ? error.failure : error;
  }
}

/** Says how calls are retried that do not say it themselves. */
export function retryDefaults(defaults: RetryOptions): ClientMiddleware<RetryOptions> {
  return async function* retryDefaultsMiddleware<Request, Response>(
    call: ClientMiddlewareCall<Request, Response>,
    options: CallOptions & Partial<RetryOptions>,
  ): Answers<Response> {
    const chosen: CallOptions & RetryOptions = { ...defaults, ...options };
    return yield* call.next(call.request, chosen);
  };
}
