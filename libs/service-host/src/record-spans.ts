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

const BATCH = {
  maxQueueSize: 16_384,
  maxExportBatchSize: 1_024,
  scheduledDelayMillis: 500,
  exportTimeoutMillis: 5_000,
};

function exporterFor(traces: string): SpanExporter {
  if (traces.startsWith('file:')) return spanFile(traces.slice('file:'.length));
  return new OTLPTraceExporter({ url: traces.slice('otlp:'.length) });
}

/** Records spans and sends them in batches to `otlp:URL` or `file:PATH`, at least once per second. */
export function recordSpans(options: {
  readonly service: string;
  readonly traces: string;
  readonly ratio: number;
}): NodeTracerProvider {
  const { service, traces, ratio } = options;
  return new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'process.pid': process.pid }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor(exporterFor(traces), BATCH)],
  });
}
