import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { REPUBLISHED_HEADER, toMessage, topicOf, type EventEnvelope } from '@meridian/contracts';
import type { TopicMessage } from '@meridian/messaging';

const SAMPLED = /-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]$/;

/** A batch as messages, and the spans `publish` of it: one for every event whose command was traced, as a child of its commit. */
export interface PublishMessages {
  /** In the order of the events. Each carries on the trace context of its span. */
  readonly messages: readonly TopicMessage[];
  /** Ends the spans, as failed when there is an error. */
  readonly endSpans: (error?: unknown) => void;
}

/** Where messages go, and whether they are marked as sent again. */
export interface MessageOptions {
  readonly topicPrefix: string;
  readonly republished?: boolean;
}

function carryOn(event: EventEnvelope, span: Span): EventEnvelope {
  const carrier: Record<string, string> = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier);
  return { ...event, traceparent: carrier.traceparent ?? event.traceparent };
}

/** Makes the messages of a batch and starts its spans; an event that is not traced costs nothing. */
export function publishMessages(
  batch: readonly EventEnvelope[],
  journalId: string,
  { topicPrefix, republished }: MessageOptions,
): PublishMessages {
  const spans: Span[] = [];
  const messages = batch.map((event) => {
    const span = startSpan(event);
    if (span) spans.push(span);
    const message = toMessage({ ...(span ? carryOn(event, span) : event), journalId });
    const headers = republished ? { ...message.headers, [REPUBLISHED_HEADER]: 'true' } : message.headers;
    return { ...message, headers, topic: topicOf(event.context, topicPrefix) };
  });
  return {
    messages,
    endSpans(error) {
      for (const span of spans) {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      }
    },
  };
}

function startSpan(event: EventEnvelope): Span | undefined {
  if (!SAMPLED.test(event.traceparent)) return undefined;
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent: event.traceparent });
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.destination.partition.id': String(event.shard),
    'meridian.event_type': event.type,
    'meridian.position': event.position.toString(),
  };
  const options = { kind: SpanKind.PRODUCER, attributes };
  return trace.getTracer('@meridian/relay').startSpan('publish', options, parent);
}
