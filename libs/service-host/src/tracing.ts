import { context, propagation, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import { spanFile } from './span-file.ts';

/** The export of spans. */
export interface Tracing {
  readonly tracer: Tracer;
  /** Sends the waiting spans, once; rejects when that fails. */
  flush(): Promise<void>;
  /** Sends the waiting spans and stops. Later spans are lost. */
  stop(): Promise<void>;
}

const BATCH = {
  maxQueueSize: 16_384,
  maxExportBatchSize: 1_024,
  scheduledDelayMillis: 500,
  exportTimeoutMillis: 5_000,
};

function exporterFor(traces: string): SpanExporter | undefined {
  if (traces.startsWith('file:')) return spanFile(traces.slice('file:'.length));
  if (traces.startsWith('otlp:')) return new OTLPTraceExporter({ url: traces.slice('otlp:'.length) });
  return undefined;
}

/**
 * Sets up W3C trace context for the whole process, once. With `none` nothing is recorded and a caller's traceparent
 * passes through unchanged. With `otlp:URL` or `file:PATH` spans are sent in batches, at least once per second. A
 * caller's decision to record is kept; new traces are recorded at `ratio`.
 */
export function startTracing(options: {
  readonly service: string;
  readonly traces: string;
  readonly ratio: number;
}): Tracing {
  const exporter = exporterFor(options.traces);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  if (!exporter)
    return { tracer: trace.getTracer(options.service), flush: async () => {}, stop: async () => {} };
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.service, 'process.pid': process.pid }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanProcessors: [new BatchSpanProcessor(exporter, BATCH)],
  });
  trace.setGlobalTracerProvider(provider);
  return {
    tracer: trace.getTracer(options.service),
    flush: () => provider.forceFlush(),
    stop: () => provider.shutdown(),
  };
}
