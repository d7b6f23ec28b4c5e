import type { Measurement, Sample, Scale, Sides } from '../measure/measurement.ts';
import { percentile } from '../measure/statistics.ts';
import type { BenchSystem } from '../system/bench-system.ts';
import { startVisibleChain, type TimedRun, type VisibleChain } from './visible-chain.ts';

const SPACE = 'bench_visible';
const NOTE = 'the load is orders in all, with relay, projectors and query service at work on both sides';

/** The runs of a pair of lines that take different percentiles of the same runs. */
interface Recorded {
  readonly load: VisibleChain['load'];
  readonly ours: TimedRun[];
  readonly raw: TimedRun[];
}

const recordedHome = new WeakMap<BenchSystem, Recorded>();

function toSample({ times, ...run }: TimedRun, share: number): Sample {
  return { ...run, times, value: percentile(times, share) };
}

/** Sides that measure, and record every run. */
async function measuring(
  system: BenchSystem,
  scale: Scale,
  region: string,
  share: number,
  onStarted: (load: VisibleChain['load']) => Recorded | undefined = () => undefined,
): Promise<Sides> {
  const chain = await startVisibleChain(system, SPACE, region, scale);
  const recorded = onStarted(chain.load);
  const run = (side: 'ours' | 'raw') => async () => {
    const timed = await chain.measure(side);
    recorded?.[side].push(timed);
    return toSample(timed, share);
  };
  return {
    ours: run('ours'),
    raw: run('raw'),
    close: () => chain.stop(),
    load: chain.load,
    notes: [NOTE, `${chain.samplesARun(chain.load)} samples a run`],
  };
}

/** Sides that repeat the runs of the previous line. */
function repeating({ ours, raw, load }: Recorded, share: number): Sides {
  const next = (runs: readonly TimedRun[]) => {
    let index = 0;
    return async () => {
      const run = runs[index++];
      if (!run) throw new Error('the line before has fewer runs');
      return toSample(run, share);
    };
  };
  return {
    ours: next(ours),
    raw: next(raw),
    close: () => Promise.resolve(),
    load,
    notes: [NOTE, 'of the same runs as visible.latency_p50'],
  };
}

function inHomeRegion(name: string, goal: number, share: number): Measurement {
  return {
    name,
    what: 'command acknowledged → answered with it by the query service ÷ the bare chain: produce, consume, write, read',
    goal,
    unit: 'ms',
    kind: 'time',
    percentile: share,
    async prepare(system, scale) {
      const known = recordedHome.get(system);
      if (known && known.raw.length >= scale.repeats) return repeating(known, share);
      const [home = ''] = system.regions;
      return measuring(system, scale, home, share, (load) => {
        const recorded: Recorded = { load, ours: [], raw: [] };
        recordedHome.set(system, recorded);
        return recorded;
      });
    },
  };
}

/** The median. */
export const visibleP50 = inHomeRegion('visible.latency_p50', 1.5, 0.5);

/** The time that one sample in a hundred exceeds. */
export const visibleP99 = inHomeRegion('visible.latency_p99', 2.0, 0.99);

/** The time until a change is visible in the other region. */
export const visibleRemote: Measurement = {
  name: 'visible.remote_p99',
  what: 'the same in the other region: asked there, read there',
  goal: 2.0,
  unit: 'ms',
  kind: 'time',
  percentile: 0.99,
  prepare: (system, scale) => measuring(system, scale, system.regions[1] ?? '', 0.99),
};
