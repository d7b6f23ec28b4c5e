import type { Measurement, Sample } from '../measure/measurement.ts';
import type { ProjectAnswer, ProjectQuestion } from '../processes/project-orders.ts';
import { startChild } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { contactPointOf, replicasIn } from '../system/read-space.ts';
import { bestAround } from './orders.ts';

const CONCURRENCY = [128, 256, 512];
const WARM_UP = 256;

function projecting(name: string, goal: number, skew: number, what: string): Measurement {
  return {
    name,
    what,
    goal,
    unit: 'events/s',
    kind: 'rate',
    async prepare(system, { backlogEvents }) {
      const [home = ''] = system.regions;
      const child = await startChild('project-orders.ts', {
        BENCH_BROKERS: system.brokers.join(','),
        BENCH_REGIONS: system.regions.join(','),
        BENCH_CASSANDRA: contactPointOf(system, home),
        BENCH_REPLICAS: String(replicasIn(system)[home]),
        BENCH_SPACE: `bench_${name.replace('.', '_')}_${Date.now() % 1_000_000}`,
      });
      const ask = (question: ProjectQuestion) => child.ask<ProjectAnswer>(question);
      await ask({ kind: 'publish', mix: { events: Math.ceil(backlogEvents / 3), skew } });
      let runs = 0;
      const run = async (question: ProjectQuestion): Promise<Sample> => {
        const cpuSince = startCpuCount({ projector: child.pid, ...(await system.enginePids()) });
        const { events, seconds } = await ask(question);
        return { value: events / seconds, operations: events, cpuSeconds: cpuSince() };
      };
      const ours = () => run({ kind: 'ours', run: ++runs });
      const raw = (concurrency: number) => run({ kind: 'raw', run: ++runs, concurrency });
      await ours();
      // The first number that is tried would pay for compiling.
      await raw(WARM_UP);
      const best = await bestAround(CONCURRENCY, async (concurrency) => (await raw(concurrency)).value);
      return {
        ours,
        raw: () => raw(best),
        close: () => child.stop(),
        notes: [`raw: ${best} writes in flight; both at EACH_QUORUM`],
      };
    },
  };
}

/** Kafka to both regions. */
export const projectionThroughput = projecting(
  'projection.throughput',
  1.0,
  0,
  'the orders projector, Kafka to both regions ÷ a bare consumer writing one unfolded row per event, shuffled orders',
);

/** Kafka to both regions, when most events touch few orders. */
export const projectionSkewed = projecting(
  'projection.skewed',
  1.5,
  0.8,
  'the same when 80 % of the events touch 1 % of the orders',
);
