import type { Measurement, Sample, Scale } from '../measure/measurement.ts';
import { percentile } from '../measure/statistics.ts';
import type { BenchSystem, OpenSystem } from '../system/bench-system.ts';
import { startCpuCount, totalOf } from '../system/cpu-time.ts';
import { startCommands } from './commands.ts';
import type { StartedRuns } from './orders.ts';
import { startQueries } from './query.ts';
import { startVisibleChain } from './visible-chain.ts';

const VISIBLE_SPACE = 'bench_secured';
const MEDIAN = 0.5;

/** Runs on one set of engines; the CPU of the other set, which is idle meanwhile, is counted beside. */
function besideIdle(run: () => Promise<Sample>, idle: BenchSystem): () => Promise<Sample> {
  return async () => {
    const cpuSince = startCpuCount(await idle.enginePids());
    const sample = await run();
    const idleSeconds = totalOf(cpuSince());
    return { ...sample, cpuSeconds: { ...sample.cpuSeconds, 'the idle engines': idleSeconds } };
  };
}

/** A rate on closed engines ÷ the same on open ones. Both systems stay up, and only one is loaded at a time. */
function rate(
  line: Pick<Measurement, 'name' | 'what' | 'goal' | 'unit'>,
  start: (system: BenchSystem, scale: Scale) => Promise<StartedRuns>,
): Measurement {
  return {
    ...line,
    kind: 'rate',
    async prepare(open, scale) {
      const closed = await open.closed();
      const [ours, raw] = [await start(closed, scale), await start(open, scale)];
      return {
        ours: besideIdle(ours.run, open),
        raw: besideIdle(raw.run, closed),
        async close() {
          await Promise.all([ours.stop(), raw.stop()]);
        },
        notes: [`calls in flight: closed ${ours.best}, open ${raw.best}`],
      };
    },
  };
}

/** What TLS, tokens and accounts cost a command. */
export const securityCommands = rate(
  {
    name: 'security.commands',
    what: 'commands.throughput’s own side: closed (TLS, a token, accounts in the engines) ÷ open',
    goal: 0.85,
    unit: 'orders/s',
  },
  startCommands,
);

/** What they cost a question. */
export const securityQuery = rate(
  {
    name: 'security.query',
    what: 'query.throughput’s own side: closed ÷ open',
    goal: 0.8,
    unit: 'answers/s',
  },
  startQueries,
);

/** What they cost the way from a command to its answer: relay, projectors, journal and query service. */
export const securityVisible: Measurement = {
  name: 'security.visible_p50',
  what: 'visible.latency_p50’s own side: closed ÷ open, under the same load',
  goal: 1.15,
  unit: 'ms',
  kind: 'time',
  percentile: MEDIAN,
  prepare: visibleSides,
};

async function visibleSides(open: OpenSystem, scale: Scale) {
  const closed = await open.closed();
  const start = (system: BenchSystem) =>
    startVisibleChain(system, VISIBLE_SPACE, system.regions[0] ?? '', scale, ['ours']);
  const [ours, raw] = [await start(closed), await start(open)];
  const load = ours.load.perSecond < raw.load.perSecond ? ours.load : raw.load;
  const run = (chain: typeof ours, idle: BenchSystem) =>
    besideIdle(async () => {
      const timed = await chain.measure('ours', load);
      return { ...timed, value: percentile(timed.times, MEDIAN) };
    }, idle);
  return {
    ours: run(ours, open),
    raw: run(raw, closed),
    load,
    async close() {
      await Promise.all([ours.stop(), raw.stop()]);
    },
    notes: [
      'relay, projectors and a query service are at work on both sides, and idle on the side that waits',
      `${ours.samplesARun(load)} samples a run`,
    ],
  };
}
