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
    help: 'Writes that failed and are tried again (store), and events that could not be applied and park their aggregate (event).',
    labelNames: ['kind'],
  });
  const unknown = metrics.counter({
    name: 'meridian_projection_unknown_events_total',
    help: 'Events of types that this version does not know, kept for one that does.',
    labelNames: ['type'],
  });
  const parked = metrics.gauge({
    name: 'meridian_projection_parked_aggregates',
    help: 'Aggregates whose events are put aside, by context and partition.',
    labelNames: ['partition'],
  });
  const answering = metrics.gauge({
    name: 'meridian_projection_region_answers',
    help: '1 while a region takes what is written to it, 0 while it is left behind.',
    labelNames: ['region'],
  });
  const behind = metrics.gauge({
    name: 'meridian_projection_region_behind_partitions',
    help: 'Partitions in which a region lacks something: catching_up, or lost when Kafka no longer holds it.',
    labelNames: ['region', 'state'],
  });
  return {
    applied(partition, count, lastEventTime, seconds) {
      events.inc({ partition }, count);
      durations.observe(seconds);
      age.set({ partition }, Math.max(0, (Date.now() - lastEventTime.getTime()) / 1_000));
    },
    lag: (partition, messages) => lag.set({ partition }, Number(messages)),
    failed: (kind) => failures.inc({ kind }),
    parked: (partition, aggregates) => parked.set({ partition }, aggregates),
    regionAnswers: (region, answers) => answering.set({ region }, answers ? 1 : 0),
    regionBehind(region, partitions, lost) {
      behind.set({ region, state: 'catching_up' }, partitions - lost);
      behind.set({ region, state: 'lost' }, lost);
    },
    unknownType: (type) => unknown.inc({ type }),
  };
}
