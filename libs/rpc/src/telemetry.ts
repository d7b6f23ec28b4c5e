import {
  context as otel,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
  type TextMapGetter,
  type TextMapSetter,
} from '@opentelemetry/api';
import type { CallContext } from 'nice-grpc';
import { ServerError, Status, type Metadata, type ServerMiddlewareCall } from 'nice-grpc-common';
import { boundTo, type Answers } from './middleware.ts';

/** Is told of every call that ended: its path, its gRPC status by name, and how long it took. */
export type ObserveCall = (path: string, status: string, durationMs: number) => void;

const reading: TextMapGetter<Metadata> = {
  keys: (carrier) => [...carrier].map(([key]) => key),
  get: (carrier, key) => {
    const value = carrier.get(key);
    return typeof value === 'string' ? value : undefined;
  },
};

/** Writes trace context into a call's metadata. */
export const traceHeaders: TextMapSetter<Metadata> = {
  set: (carrier, key, value) => {
    carrier.set(key, value);
  },
};

function statusOf(error: unknown): Status {
  return error instanceof ServerError ? error.code : Status.CANCELLED;
}

const FAULTS: ReadonlySet<Status> = new Set([
  Status.INTERNAL,
  Status.UNKNOWN,
  Status.DATA_LOSS,
  Status.UNIMPLEMENTED,
]);

function ended(span: Span, status: Status): void {
  span.setAttribute('rpc.grpc.status_code', status);
  if (FAULTS.has(status)) span.setStatus({ code: SpanStatusCode.ERROR, message: Status[status] });
  span.end();
}

/** A server span a call, child of the caller's `traceparent`, and one observation when it ends. */
export function telemetry(observe: ObserveCall | undefined) {
  return async function* telemetryMiddleware<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ): Answers<Response> {
    const path = call.method.path;
    const parent = propagation.extract(ROOT_CONTEXT, context.metadata, reading);
    const attributes = { 'rpc.system': 'grpc', 'rpc.method': path.slice(1) };
    const span = trace
      .getTracer('meridian.rpc')
      .startSpan(path.slice(1), { kind: SpanKind.SERVER, attributes }, parent);
    const startedMs = performance.now();
    let status: Status = Status.OK;
    try {
      return yield* boundTo(trace.setSpan(parent, span), otel, call.next(call.request, context));
    } catch (error) {
      status = statusOf(error);
      throw error;
    } finally {
      ended(span, status);
      observe?.(path, Status[status], performance.now() - startedMs);
    }
  };
}
