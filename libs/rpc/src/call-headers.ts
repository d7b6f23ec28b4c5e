import { context as otel, propagation } from '@opentelemetry/api';
import type { DeadlineOptions } from 'nice-grpc-client-middleware-deadline';
import {
  Metadata,
  type CallOptions,
  type ClientMiddleware,
  type ClientMiddlewareCall,
} from 'nice-grpc-common';
import { traceHeaders } from './telemetry.ts';
import type { Answers } from './middleware.ts';

/** When a call ends, told from the outermost middleware to the innermost: the deadline's own middleware keeps it to itself. */
interface EndsAt {
  readonly endsAt?: Date;
}

const MAX_TIMEOUT_MS = 99_999_999;

/** Gives unary calls a deadline when they have none. Streams last as long as their caller says. */
export function defaultDeadline(deadlineMs: number): ClientMiddleware<DeadlineOptions> {
  return async function* defaultDeadlineMiddleware<Request, Response>(
    call: ClientMiddlewareCall<Request, Response>,
    options: CallOptions & Partial<DeadlineOptions>,
  ): Answers<Response> {
    const chosen = options.deadline ?? (call.requestStream || call.responseStream ? undefined : deadlineMs);
    if (chosen === undefined) return yield* call.next(call.request, options);
    const endsAt = typeof chosen === 'number' ? new Date(Date.now() + chosen) : chosen;
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
  if (endsAt) {
    const leftMs = Math.min(MAX_TIMEOUT_MS, Math.max(1, Math.round(endsAt.getTime() - Date.now())));
    metadata.set('grpc-timeout', `${leftMs}m`);
  }
  propagation.inject(otel.active(), metadata, traceHeaders);
  return yield* call.next(call.request, { ...rest, metadata });
}
