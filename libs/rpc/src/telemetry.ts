import {
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type TextMapGetter,
  type TextMapSetter,
} from '@opentelemetry/api';
import type { CallContext } from 'nice-grpc';
import { ServerError, Status, type Metadata } from 'nice-grpc-common';

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

/** The server span of a call. */
export interface CallSpan {
  /** The trace context that has the span. Whatever the call does runs in it. */
  readonly context: Context;
  /** Ends the span: the call has ended, with an error or without. */
  end(error?: unknown): void;
}

/** Who is told of calls. */
export interface Observers {
  readonly onBegun: ((path: string) => void) | undefined;
  readonly observe: ObserveCall | undefined;
}

/** Starts the span of a call as a child of the caller's `traceparent`. Tells `onBegun` now, and `observe` at the end. */
export function startCallSpan(path: string, call: CallContext, { observe, onBegun }: Observers): CallSpan {
  const parent = propagation.extract(ROOT_CONTEXT, call.metadata, reading);
  const attributes = { 'rpc.system': 'grpc', 'rpc.method': path.slice(1) };
  const span = trace
    .getTracer('meridian.rpc')
    .startSpan(path.slice(1), { kind: SpanKind.SERVER, attributes }, parent);
  const startedMs = performance.now();
  onBegun?.(path);
  return {
    context: trace.setSpan(parent, span),
    end(error) {
      const status = error === undefined ? Status.OK : statusOf(error);
      ended(span, status);
      observe?.(path, Status[status], performance.now() - startedMs);
    },
  };
}
