import type { EventEnvelope } from '@meridian/contracts';
import { propagation, ROOT_CONTEXT, SpanStatusCode, trace, type Span } from '@opentelemetry/api';

const tracer = trace.getTracer('@meridian/projection');
const SAMPLED = /-01$/;

interface EventSpans {
  readonly project: Span;
  readonly write: Span;
}

/**
 * Runs the write of a batch under the traces of its events. Each event of a sampled trace gets a span `project TYPE`, a
 * child of the span that caused the event. Under that span stands a span `cassandra write`.
 */
export async function traced<T>(
  projector: string,
  events: readonly Pick<EventEnvelope, 'type' | 'traceparent' | 'position' | 'aggregateId'>[],
  work: () => Promise<T>,
): Promise<T> {
  const spans = events
    .filter(({ traceparent }) => SAMPLED.test(traceparent))
    .map((event) => open(projector, event));
  try {
    return await work();
  } catch (error) {
    for (const { project } of spans)
      project.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
    throw error;
  } finally {
    for (const { write, project } of spans) {
      write.end();
      project.end();
    }
  }
}

function open(
  projector: string,
  event: Pick<EventEnvelope, 'type' | 'traceparent' | 'position' | 'aggregateId'>,
): EventSpans {
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
