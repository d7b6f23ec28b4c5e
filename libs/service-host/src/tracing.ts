import { context, propagation, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';

/** The export of spans. */
export interface Tracing {
  readonly tracer: Tracer;
  /** Sends the waiting spans, once; rejects when that fails. */
  flush(): Promise<void>;
  /** Sends the waiting spans and stops. Later spans are lost. */
  stop(): Promise<void>;
}

/**
 * Sets up W3C trace context for the whole process, once. With `none` nothing is recorded and a caller's traceparent
 * passes through unchanged. With `otlp:URL` or `file:PATH` spans are sent in batches, at least once per second. A
 * caller's decision to record is kept; new traces are recorded at `ratio`.
 */
export async function startTracing(options: {
  readonly service: string;
  readonly traces: string;
  readonly ratio: number;
}): Promise<Tracing> {
  const { service, traces, ratio } = options;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  if (traces === 'none')
    return { tracer: trace.getTracer(service), flush: async () => {}, stop: async () => {} };
  // What records spans takes several megabytes. Only a service that records loads it.
  const { recordSpans } = await import('./record-spans.ts');
  const provider = recordSpans({ service, traces, ratio });
  trace.setGlobalTracerProvider(provider);
  return {
    tracer: trace.getTracer(service),
    flush: () => provider.forceFlush(),
    stop: () => provider.shutdown(),
  };
}
