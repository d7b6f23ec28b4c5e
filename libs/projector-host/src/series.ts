import type { Metrics } from '@meridian/service-host';

/** What every series is of: one generation of one read model. */
export type Generation = Readonly<{ read_model: string; generation: number }>;

type Labels = Readonly<Record<string, string | number>> & Generation;

/** A metric by generation and more, of which what is no longer true can be taken away. */
export interface Series {
  /** Sets a gauge, raises a counter, observes a histogram. */
  add(labels: Labels, value: number): void;
  /** Takes away all that was told of a generation. */
  forget(generation: Generation): void;
}

/** A gauge of ages, which grow from one scrape to the next. */
export interface Ages extends Pick<Series, 'forget'> {
  /** Something is as old as this from now on; undefined: there is nothing, which has no age. */
  set(labels: Labels, since: Date | undefined): void;
}

interface Instrument {
  remove(labels: Record<string, string | number>): void;
}

function series(instrument: Instrument, add: (labels: Labels, value: number) => void): Series {
  const told = new Map<string, Labels>();
  return {
    add(labels, value) {
      told.set(JSON.stringify(labels), labels);
      add(labels, value);
    },
    forget(generation) {
      for (const [name, labels] of told) {
        if (!isOf(labels, generation)) continue;
        instrument.remove(labels);
        told.delete(name);
      }
    },
  };
}

const isOf = (labels: Labels, of: Generation): boolean =>
  labels.generation === of.generation && labels.read_model === of.read_model;

/** Makes metrics that have a generation. */
function seriesOf(metrics: Metrics) {
  const labelled = (name: string, help: string, labels: readonly string[]) => ({
    name,
    help,
    labelNames: ['read_model', 'generation', ...labels],
  });
  return {
    gauge(name: string, help: string, ...labels: readonly string[]) {
      const made = metrics.gauge(labelled(name, help, labels));
      return series(made, (of, value) => made.set(of, value));
    },
    ages(name: string, help: string, ...labels: readonly string[]): Ages {
      const told = new Map<string, { labels: Labels; since: Date | undefined }>();
      metrics.gauge({
        ...labelled(name, help, labels),
        collect(gauge) {
          gauge.reset();
          for (const { labels: of, since } of told.values())
            gauge.set(of, since ? Math.max(0, (Date.now() - since.getTime()) / 1_000) : 0);
        },
      });
      return {
        set: (of, since) => void told.set(JSON.stringify(of), { labels: of, since }),
        forget(generation) {
          for (const [key, one] of told) if (isOf(one.labels, generation)) told.delete(key);
        },
      };
    },
    counter(name: string, help: string, ...labels: readonly string[]) {
      const made = metrics.counter(labelled(name, help, labels));
      return series(made, (of, value) => made.inc(of, value));
    },
    histogram(name: string, help: string) {
      const made = metrics.histogram(labelled(name, help, []));
      return series(made, (of, value) => made.observe(of, value));
    },
  };
}

/** Makes the metrics of a projector. */
export function projectorSeries(metrics: Metrics) {
  const { ages, gauge, counter, histogram } = seriesOf(metrics);
  return {
    events: counter(
      'meridian_projection_events_total',
      'Events applied to the rows of every region.',
      'partition',
    ),
    durations: histogram('meridian_projection_batch_seconds', 'How long a batch took: rows, then progress.'),
    lag: gauge(
      'meridian_projection_lag_messages',
      'Messages in Kafka that are not applied, by context and partition; also while none can be.',
      'partition',
    ),
    age: ages(
      'meridian_projection_event_age_seconds',
      'Age of the oldest event in Kafka that is not applied, by context and partition; 0 when nothing waits.',
      'partition',
    ),
    failures: counter(
      'meridian_projection_failures_total',
      'Writes that failed and are tried again (store), and events that could not be applied and park their aggregate (event).',
      'kind',
    ),
    unknown: counter(
      'meridian_projection_unknown_events_total',
      'Events of types that this version does not know, kept for one that does.',
      'type',
    ),
    parked: gauge(
      'meridian_projection_parked_aggregates',
      'Aggregates whose events are put aside, by context and partition.',
      'partition',
    ),
    standing: gauge(
      'meridian_projection_stands_still',
      '1 while a partition stands still: full, no more can be parked; lost, Kafka no longer holds what comes next; foreign, the next event is of another journal.',
      'partition',
      'reason',
    ),
    answering: gauge(
      'meridian_projection_region_answers',
      '1 while a region takes what is written to it, 0 while it is left behind.',
      'region',
    ),
    behind: gauge(
      'meridian_projection_region_behind_partitions',
      'Partitions in which a region lacks something: catching_up, or lost when Kafka no longer holds it.',
      'region',
      'state',
    ),
  };
}
