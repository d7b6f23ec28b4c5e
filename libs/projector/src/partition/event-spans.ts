import type { EventEnvelope } from '@meridian/contracts';
import { propagation, ROOT_CONTEXT, SpanStatusCode, trace, type Span } from '@opentelemetry/api';

const tracer = trace.getTracer('@meridian/projection');
const SAMPLED = /-01$/;

/** The spans of a batch's events, from the beginning of their write to its end. */
export interface EventSpans {
  /** Ends the spans: the write has ended. */
  end(): void;
  /** Ends the spans: the write has failed. */
  fail(error: unknown): void;
}

type TracedEvent = Pick<EventEnvelope, 'type' | 'traceparent' | 'position' | 'aggregateId'>;

/**
 * Starts the spans of events that are going to be written. Each event of a sampled trace gets a span `project TYPE`, a
 * child of the span that caused the event. Under that span stands a span `cassandra write`.
 */
export function startEventSpans(
  projector: string,
  events: readonly { readonly event: TracedEvent }[],
): EventSpans {
  const spans = events
    .filter(({ event }) => SAMPLED.test(event.traceparent))
    .map(({ event }) => open(projector, event));
  const end = () => {
    for (const { write, project } of spans) {
      write.end();
      project.end();
    }
  };
  return {
    end,
    fail(error) {
      for (const { project } of spans)
        project.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      end();
    },
  };
}

function open(projector: string, event: TracedEvent): { readonly project: Span; readonly write: Span } {
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent: event.traceparent });
  const attributes = {
    'meridian.projector': projector,
    'meridian.position': event.position.toString(),
    'meridian.aggregate_id': event.aggregateId,
  };
  const project = tracer.startSpan(`project ${event.type}`, { attributes }, parent);
  const write = tracer.startSpan('cassandra write', { attributes }, trace.setSpan(parent, project));
  return { project, write };
}
