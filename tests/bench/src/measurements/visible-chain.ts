import { SHARD_COUNT } from '@meridian/kernel';
import { connectKafka, ensureTopics } from '@meridian/messaging';
import type { SteadyAnswer, SteadyQuestion } from '../processes/load-steadily.ts';
import type { VisibleAnswer, VisibleQuestion } from '../processes/probe-visible.ts';
import { halfOf, halved, type Load } from '../measure/load.ts';
import type { Sample, Scale } from '../measure/measurement.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startChild } from '../system/child.ts';
import { startCpuCount } from '../system/cpu-time.ts';
import { forgetSpace, rawTopicOf } from '../system/forget-space.ts';
import { connectRegion, contactPointOf, startQueryService } from '../system/read-space.ts';
import { carriedBy } from './sustained.ts';
import { caughtUp, startWhole } from './whole.ts';

/** With fewer orders, a run would take minutes for a few samples. */
const LEAST_ORDERS_PER_SECOND = 6;
const MOST_PROBES_PER_SECOND = 50;
/** The longest run: a slow machine gives a few hundred samples in this time. */
const LONGEST_RUN_SECONDS = 40;

/** A run's times; each line computes its own value from these. */
export type TimedRun = Omit<Sample, 'value'> & { readonly times: readonly number[] };

/** Our chain, or the bare one. */
type ChainSide = 'ours' | 'raw';

/** Everything at work, with a query service, and beside it the bare chain: produce, consume, write, read. */
export interface VisibleChain {
  readonly space: string;
  /** The commands' address. */
  readonly address: string;
  /** The load of both sides: half of what the whole system carries, or less where half turned out to be too much. */
  readonly load: Load;
  /** How many samples a run has under a load: the wanted number, unless this machine would take too long for it. */
  samplesARun(load: Load): number;
  /** Measures one run under its own load, or under another one. */
  measure(side: ChainSide, load?: Load): Promise<TimedRun>;
  stop(): Promise<void>;
}

/**
 * Starts the chain in an empty space; questions go to the given region. For about a minute, engines and services
 * compile their hot code on the same cores. So each side takes twice as many samples as a run has, beforehand.
 * The bare chain is there when it is one of the sides.
 */
export async function startVisibleChain(
  system: BenchSystem,
  space: string,
  region: string,
  scale: Scale,
  sides: readonly ChainSide[] = ['ours', 'raw'],
): Promise<VisibleChain> {
  const [home = ''] = system.regions;
  await forgetSpace(system, space);
  const whole = await startWhole(system, space, 0);
  const [address = ''] = whole.addresses;
  const query = await startQueryService(system, space, region);
  const bare = sides.includes('raw') ? await startBareChain(system, space, home) : undefined;
  const probe = await startChild('probe-visible.ts', {
    ...system.callers,
    ...bare?.environment,
    ...placesOf(system, region),
    BENCH_COMMANDS: address,
    BENCH_QUERIES: query.address,
  });
  const load = await startChild('load-steadily.ts', system.callers);
  const pids = {
    ...whole.pids,
    'query-service': query.pid,
    ...(bare ? { 'raw projector': bare.child.pid } : {}),
    probe: probe.pid,
    load: load.pid,
  };

  async function underLoad(side: ChainSide, { perSecond }: Load, samples: number) {
    const probes = probesOf(perSecond);
    // Our probe places orders itself. Together with the load, both sides have the same.
    const ordersPerSecond = side === 'ours' ? perSecond - probes : perSecond;
    await load.ask({ kind: 'begin', address, ordersPerSecond } satisfies SteadyQuestion);
    const question: VisibleQuestion = { side, samples, perSecond: probes };
    const answered = await probe.ask<VisibleAnswer>(question).catch((error: unknown) => ({ error }));
    const { underWay } = await load.ask<SteadyAnswer>({ kind: 'end' } satisfies SteadyQuestion);
    if ('error' in answered) throw answered.error;
    if (underWay > ordersPerSecond)
      throw new Error(`the machine does not keep up with ${perSecond} orders/s`);
    return answered.timesMs;
  }
  /** Halves the load until the machine keeps up with it. */
  async function settled(tried: Load): Promise<Load> {
    try {
      for (const side of sides) await underLoad(side, tried, 2 * samplesOf(tried.perSecond, scale.samples));
      return tried;
    } catch (error) {
      await caughtUp(system, space);
      return settled(halved(tried, LEAST_ORDERS_PER_SECOND, error));
    }
  }
  const carried = await carriedBy(system, whole, space, scale);
  const settledLoad = await settled(halfOf(carried, { unit: 'orders/s', least: LEAST_ORDERS_PER_SECOND }));
  await caughtUp(system, space);

  return {
    space,
    address,
    load: settledLoad,
    samplesARun: ({ perSecond }) => samplesOf(perSecond, scale.samples),
    async measure(side, now = settledLoad) {
      const cpuSince = startCpuCount({ ...pids, ...(await system.enginePids()) });
      const times = await underLoad(side, now, samplesOf(now.perSecond, scale.samples));
      const cpuSeconds = cpuSince();
      // No backlog of this run in the next one.
      await caughtUp(system, space);
      return { times, cpuSeconds, operations: times.length };
    },
    async stop() {
      await Promise.all([probe.stop(), load.stop(), bare?.child.stop(), query.stop()]);
      await whole.stop();
    },
  };
}

/** At most a third of the orders, so that most of the load is even. */
const probesOf = (ordersPerSecond: number) =>
  Math.max(1, Math.min(MOST_PROBES_PER_SECOND, Math.floor(ordersPerSecond / 3)));

const samplesOf = (ordersPerSecond: number, wanted: number) =>
  Math.min(wanted, LONGEST_RUN_SECONDS * probesOf(ordersPerSecond));

/** The variables that name a region and its Cassandra. */
const placesOf = (system: BenchSystem, region: string) => ({
  BENCH_CASSANDRA: contactPointOf(system, region),
  BENCH_REGION: region,
});

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
    ...placesOf(system, home),
  });
  const port = await child.ask<number>({});
  return { child, environment: { ...environment, BENCH_TOLD_PORT: String(port) } };
}
