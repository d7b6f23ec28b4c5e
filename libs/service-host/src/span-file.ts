import { appendFile } from 'node:fs/promises';
import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';

const iso = ([seconds, nanos]: readonly [number, number]): string =>
  new Date(seconds * 1_000).toISOString().replace('.000Z', `.${String(nanos).padStart(9, '0')}Z`);

/** A span as one line of JSON; its times are ISO 8601 in UTC, to the nanosecond. */
export function spanLine(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  return JSON.stringify({
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    name: span.name,
    service: span.resource.attributes['service.name'] ?? '',
    startTime: iso(span.startTime),
    endTime: iso(span.endTime),
    attributes: span.attributes,
    status: SpanStatusCode[span.status.code],
  });
}

/**
 * Appends spans to a file, one JSON line per span; several processes may share the file. A failed write is reported,
 * never thrown.
 */
export function spanFile(path: string): SpanExporter {
  let writing: Promise<void> = Promise.resolve();
  return {
    export(spans, done) {
      const lines = spans.map((span) => `${spanLine(span)}\n`).join('');
      writing = appendFile(path, lines).then(
        () => done({ code: 0 }),
        (error: unknown) =>
          done({ code: 1, error: error instanceof Error ? error : new Error(String(error)) }),
      );
    },
    forceFlush: () => writing,
    shutdown: () => writing,
  };
}
