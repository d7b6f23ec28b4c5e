import { context as otel, propagation } from '@opentelemetry/api';
import type { DeadlineOptions } from 'nice-grpc-client-middleware-deadline';
import {
  ClientError,
  Metadata,
  Status,
  type CallOptions,
  type ClientMiddleware,
  type ClientMiddlewareCall,
} from 'nice-grpc-common';
import { LONGEST_CALL_MS, timeoutHeader } from './long-timeouts.ts';
import { traceHeaders } from './telemetry.ts';
import type { Answers } from './middleware.ts';

/** When a call ends, told from the outermost middleware to the innermost: the deadline's own middleware keeps it to itself. */
interface EndsAt {
  readonly endsAt?: Date;
}

/**
 * Gives unary calls a deadline when they have none. Streams last as long as their caller says. A deadline of more than 24 days,
 * Infinity too, counts as 24 days. Once a deadline has passed nothing is sent: the call fails with DEADLINE_EXCEEDED. A value that
 * is no time at all is a TypeError.
 */
export function defaultDeadline(deadlineMs: number): ClientMiddleware<DeadlineOptions> {
  return async function* defaultDeadlineMiddleware<Request, Response>(
    call: ClientMiddlewareCall<Request, Response>,
    options: CallOptions & Partial<DeadlineOptions>,
  ): Answers<Response> {
    const chosen = options.deadline ?? (call.requestStream || call.responseStream ? undefined : deadlineMs);
    if (chosen === undefined) return yield* call.next(call.request, options);
    const leftMs = typeof chosen === 'number' ? chosen : chosen.getTime() - Date.now();
    if (Number.isNaN(leftMs)) throw new TypeError('the deadline of a call is no time');
    if (leftMs <= 0)
      throw new ClientError(call.method.path, Status.DEADLINE_EXCEEDED, 'the deadline had passed already');
    const endsAt = new Date(Date.now() + Math.min(leftMs, LONGEST_CALL_MS));
    const bounded: CallOptions & DeadlineOptions & EndsAt = { ...options, deadline: endsAt, endsAt };
    return yield* call.next(call.request, bounded);
  };
}

/** Tells the server of the deadline (grpc-timeout) and of the active trace (traceparent), anew for every attempt. */
export async function* callHeaders<Request, Response>(
  call: ClientMiddlewareCall<Request, Response>,
  options: CallOptions & EndsAt,
): Answers<Response> {
  const { endsAt, ...rest } = options;
  const metadata = Metadata(options.metadata);
  if (endsAt) metadata.set('grpc-timeout', timeoutHeader(endsAt.getTime() - Date.now()));
  propagation.inject(otel.active(), metadata, traceHeaders);
  return yield* call.next(call.request, { ...rest, metadata });
}
