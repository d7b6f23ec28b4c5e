import type { ProjectionObserver } from '@meridian/projection';
import type { Metrics } from '@meridian/service-host';

/** Counts what a projector does. */
export function projectorMetrics(metrics: Metrics): Required<ProjectionObserver> {
  const events = metrics.counter({
    name: 'meridian_projection_events_total',
    help: 'Events applied to the rows of every region.',
    labelNames: ['partition'],
  });
  const durations = metrics.histogram({
    name: 'meridian_projection_batch_seconds',
    help: 'How long a batch took: rows, then progress.',
  });
  const lag = metrics.gauge({
    name: 'meridian_projection_lag_messages',
    help: 'Messages still to come, by context and partition.',
    labelNames: ['partition'],
  });
  const age = metrics.gauge({
    name: 'meridian_projection_event_age_seconds',
    help: 'Age of the last event when it was applied, by context and partition.',
    labelNames: ['partition'],
  });
  const failures = metrics.counter({
    name: 'meridian_projection_failures_total',
    help: 'Writes that failed and are tried again (store), and looks at an event that stops its partition (event).',
    labelNames: ['kind'],
  });
  const unknown = metrics.counter({
    name: 'meridian_projection_unknown_events_total',
    help: 'Events of types that this version does not know.',
    labelNames: ['type'],
  });
  return {
    applied(partition, count, lastEventTime, seconds) {
      events.inc({ partition }, count);
      durations.observe(seconds);
      age.set({ partition }, Math.max(0, (Date.now() - lastEventTime.getTime()) / 1_000));
    },
    lag: (partition, messages) => lag.set({ partition }, Number(messages)),
    failed: (kind) => failures.inc({ kind }),
    unknownType: (type) => unknown.inc({ type }),
  };
}
