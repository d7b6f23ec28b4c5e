import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { EventEnvelope } from '@meridian/contracts';

const SAMPLED = /-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]$/;

/** The spans `publish` of a batch: one for every event whose command was traced, as a child of its commit. */
export interface PublishTrace {
  /** The event as it is published: it carries on the trace context of its span. */
  readonly events: readonly EventEnvelope[];
  /** Ends the spans, as failed when there is an error. */
  end(error?: unknown): void;
}

function carryOn(event: EventEnvelope, span: Span): EventEnvelope {
  const carrier: Record<string, string> = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier);
  return { ...event, traceparent: carrier.traceparent ?? event.traceparent };
}

/** Starts the spans of a batch; an event that is not traced costs nothing. */
export function tracePublish(batch: readonly EventEnvelope[]): PublishTrace {
  const spans: Span[] = [];
  const events = batch.map((event) => {
    if (!SAMPLED.test(event.traceparent)) return event;
    const parent = propagation.extract(ROOT_CONTEXT, { traceparent: event.traceparent });
    const attributes = {
      'messaging.system': 'kafka',
      'messaging.destination.partition.id': String(event.shard),
      'meridian.event_type': event.type,
      'meridian.position': event.position.toString(),
    };
    const options = { kind: SpanKind.PRODUCER, attributes };
    const span = trace.getTracer('@meridian/relay').startSpan('publish', options, parent);
    spans.push(span);
    return carryOn(event, span);
  });
  return {
    events,
    end(error) {
      for (const span of spans) {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      }
    },
  };
}
