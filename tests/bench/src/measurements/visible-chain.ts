import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, ensureTopics } from '@meridian/messaging';
import type { SteadyAnswer, SteadyQuestion } from '../processes/load-steadily.ts';
import type { VisibleAnswer, VisibleQuestion } from '../processes/probe-visible.ts';
import { caughtUp, startWhole } from './sustained.ts';
import type { Sample } from '../measure/measurement.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { forgetSpace, rawTopicOf } from '../system/forget-space.ts';
import { connectRegion, contactPointOf, startQueryService } from '../system/read-space.ts';

/** Half of what the whole sustains on two cores, the orders of the measurement included. */
export const ORDERS_PER_SECOND = 150;
const PROBES_PER_SECOND = 50;

/** A run's times; what a line makes of them is its own. */
export type TimedRun = Omit<Sample, 'value'> & { readonly times: readonly number[] };

/** Everything at work, with a query service, and beside it the bare chain: produce, consume, write, read. */
export interface VisibleChain {
  readonly space: string;
  /** The commands' address. */
  readonly address: string;
  /** Measures so many times under the load of both sides. */
  measure(side: 'ours' | 'raw', samples: number): Promise<TimedRun>;
  stop(): Promise<void>;
}

/**
 * Starts it in an empty space; what is asked, is asked in the region named. Engines and services compile what is used for about a
 * minute, on the same cores: so many samples a run, and twice as many are taken of each side beforehand.
 */
export async function startVisibleChain(
  system: BenchSystem,
  space: string,
  region: string,
  samplesARun: number,
): Promise<VisibleChain> {
  const [home = ''] = system.regions;
  await forgetSpace(system, space);
  const whole = await startWhole(system, space, 0);
  const [address = ''] = whole.addresses;
  const query = await startQueryService(system, space, region);
  const bare = await startBareChain(system, space, home);
  const probe = await startChild('probe-visible.ts', {
    ...bare.environment,
    BENCH_COMMANDS: address,
    BENCH_QUERIES: query.address,
    BENCH_CASSANDRA: contactPointOf(system, region),
    BENCH_REGION: region,
  });
  const load = await startChild('load-steadily.ts', {});
  const pids = {
    ...{ ...whole.pids, 'query-service': query.pid, 'raw projector': bare.child.pid },
    ...{ probe: probe.pid, load: load.pid },
  };

  async function underLoad(side: 'ours' | 'raw', samples: number) {
    // Ours places orders itself: together it is the same for both.
    const ordersPerSecond = side === 'ours' ? ORDERS_PER_SECOND - PROBES_PER_SECOND : ORDERS_PER_SECOND;
    await load.ask({ kind: 'begin', address, ordersPerSecond } satisfies SteadyQuestion);
    const question: VisibleQuestion = { side, samples, perSecond: PROBES_PER_SECOND };
    const { timesMs } = await probe.ask<VisibleAnswer>(question);
    const { underWay } = await load.ask<SteadyAnswer>({ kind: 'end' } satisfies SteadyQuestion);
    return { timesMs, isTooMuch: underWay > ordersPerSecond };
  }
  for (const side of ['ours', 'raw'] as const) await underLoad(side, 2 * samplesARun);
  await caughtUp(system, space);

  return {
    ...{ space, address },
    async measure(side, samples) {
      const cpuSince = startCpuCount({ ...pids, ...(await system.enginePids()) });
      const { timesMs: times, isTooMuch } = await underLoad(side, samples);
      const cpuSeconds = cpuSince();
      if (isTooMuch)
        throw new Error(`${ORDERS_PER_SECOND} orders a second are more than this machine carries`);
      // No backlog of this run in the next one.
      await caughtUp(system, space);
      return { times, cpuSeconds, operations: times.length };
    },
    async stop() {
      await Promise.all([probe.stop(), load.stop(), bare.child.stop(), query.stop()]);
      await whole.stop();
    },
  };
}

/** The consumer of the bare chain, on a topic and a table of its own. */
async function startBareChain(system: BenchSystem, space: string, home: string) {
  const topic = rawTopicOf(space);
  const table = `${space}.raw_row`;
  const session = await connectRegion(system, home);
  await session.schema([
    `CREATE TABLE IF NOT EXISTS ${table} (order_id text, version bigint, type text, position bigint, recorded_at timestamp, payload blob, PRIMARY KEY ((order_id), version))`,
  ]);
  await session.close();
  await ensureTopics(
    connectKafka({ brokers: system.brokers, clientId: 'bench-visible' }),
    [topic],
    SHARD_COUNT,
  );
  const environment = {
    BENCH_BROKERS: system.brokers.join(','),
    BENCH_TOPIC: topic,
    BENCH_TABLE: table,
  };
  const child = await startChild('raw-projector.ts', {
    ...environment,
    BENCH_CASSANDRA: contactPointOf(system, home),
    BENCH_REGION: home,
  });
  const port = await child.ask<number>({});
  return { child, environment: { ...environment, BENCH_TOLD_PORT: String(port) } };
}
