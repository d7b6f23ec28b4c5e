import type { FedGeneration, ProjectionObserver } from '@meridian/projector';
import type { Metrics } from '@meridian/service-host';
import { projectorSeries, type Series } from './series.ts';

/** Counts what the generations of a projector do. */
export interface ProjectorMetrics {
  /** What a generation reports to. */
  of(generation: number): Required<ProjectionObserver>;
  /** A generation is fed no more: nothing is said of it any longer. */
  drop(generation: number): void;
  /** Shows at every scrape which generations this process feeds, and whether the live one is among them. */
  watchFed(readModel: string, generations: () => readonly FedGeneration[]): void;
}

/** Makes them. What is told of a partition is gone when the partition is: another process tells it then. */
export function projectorMetrics(metrics: Metrics): ProjectorMetrics {
  const all = projectorSeries(metrics);
  const { events, durations, lag, age, failures, unknown, parked, standing, answering, behind } = all;
  const ofPartitions: readonly Pick<Series, 'forget'>[] = [lag, age, parked, standing];
  return {
    of: (generation) => ({
      applied(partition, count, _lastEventTime, seconds) {
        events.add({ generation, partition }, count);
        durations.add({ generation }, seconds);
      },
      lag: (partition, messages) => lag.add({ generation, partition }, Number(messages)),
      waitsSince: (partition, since) => age.set({ generation, partition }, since),
      failed: (kind) => failures.add({ generation, kind }, 1),
      parked: (partition, aggregates) => parked.add({ generation, partition }, aggregates),
      halted(partition, reason) {
        for (const one of ['full', 'lost', 'foreign'] as const)
          standing.add({ generation, partition, reason: one }, one === reason ? 1 : 0);
      },
      revoked() {
        for (const series of ofPartitions) series.forget(generation);
      },
      regionAnswers: (region, answers) => answering.add({ generation, region }, answers ? 1 : 0),
      regionBehind(region, partitions, lost) {
        behind.add({ generation, region, state: 'catching_up' }, partitions - lost);
        behind.add({ generation, region, state: 'lost' }, lost);
      },
      unknownType: (type) => unknown.add({ generation, type }, 1),
    }),
    drop(generation) {
      for (const series of Object.values(all)) series.forget(generation);
    },
    watchFed(readModel, generations) {
      metrics.gauge({
        name: 'meridian_projection_fed',
        help: '1 while this process feeds the generation; 0 for the live one while it does not, or not yet.',
        labelNames: ['read_model', 'generation', 'live'],
        collect(gauge) {
          // What was dropped, and the live one of before, are not told any longer.
          gauge.reset();
          for (const { generation, isLive, isFed } of generations())
            gauge.set({ read_model: readModel, generation, live: isLive ? 1 : 0 }, isFed ? 1 : 0);
        },
      });
    },
  };
}
