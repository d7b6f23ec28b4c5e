import type { FedGeneration, ProjectionObserver } from '@meridian/projector';
import type { Metrics } from '@meridian/service-host';
import { projectorSeries, type Generation, type Series } from './series.ts';

/** Counts what the generations of the read models of a process do. */
export interface ProjectorMetrics {
  /** What a generation reports to. */
  of(readModel: string, generation: number): Required<ProjectionObserver>;
  /** A generation is fed no more: nothing is said of it any longer. */
  drop(readModel: string, generation: number): void;
  /** Shows at every scrape which generations of a read model this process feeds, and whether the live one is among them. */
  watchFed(readModel: string, generations: () => readonly FedGeneration[]): void;
}

/** What is told of a partition is gone when the partition is: another process tells it then. */
export function projectorMetrics(metrics: Metrics): ProjectorMetrics {
  const all = projectorSeries(metrics);
  const fed = new Map<string, () => readonly FedGeneration[]>();
  showFed(metrics, fed);
  return {
    of: (readModel, generation) => observerOf(all, { read_model: readModel, generation }),
    drop(readModel, generation) {
      for (const series of Object.values(all)) series.forget({ read_model: readModel, generation });
    },
    watchFed: (readModel, generations) => void fed.set(readModel, generations),
  };
}

function observerOf(all: ReturnType<typeof projectorSeries>, of: Generation): Required<ProjectionObserver> {
  const { events, durations, lag, age, failures, unknown, parked, standing, answering, behind } = all;
  const ofPartitions: readonly Pick<Series, 'forget'>[] = [lag, age, parked, standing];
  return {
    applied(partition, count, _lastEventTime, seconds) {
      events.add({ ...of, partition }, count);
      durations.add(of, seconds);
    },
    lag: (partition, messages) => lag.add({ ...of, partition }, Number(messages)),
    waitsSince: (partition, since) => age.set({ ...of, partition }, since),
    failed: (kind) => failures.add({ ...of, kind }, 1),
    parked: (partition, aggregates) => parked.add({ ...of, partition }, aggregates),
    halted(partition, reason) {
      for (const one of ['full', 'lost', 'foreign'] as const)
        standing.add({ ...of, partition, reason: one }, one === reason ? 1 : 0);
    },
    revoked() {
      for (const series of ofPartitions) series.forget(of);
    },
    regionAnswers: (region, answers) => answering.add({ ...of, region }, answers ? 1 : 0),
    regionBehind(region, partitions, lost) {
      behind.add({ ...of, region, state: 'catching_up' }, partitions - lost);
      behind.add({ ...of, region, state: 'lost' }, lost);
    },
    unknownType: (type) => unknown.add({ ...of, type }, 1),
  };
}

function showFed(metrics: Metrics, fed: ReadonlyMap<string, () => readonly FedGeneration[]>): void {
  metrics.gauge({
    name: 'meridian_projection_fed',
    help: '1 while this process feeds the generation; 0 for the live one while it does not, or not yet.',
    labelNames: ['read_model', 'generation', 'live'],
    collect(gauge) {
      // What was dropped, and the live one of before, are not told any longer.
      gauge.reset();
      for (const [readModel, generations] of fed)
        for (const { generation, isLive, isFed } of generations())
          gauge.set({ read_model: readModel, generation, live: isLive ? 1 : 0 }, isFed ? 1 : 0);
    },
  });
}
