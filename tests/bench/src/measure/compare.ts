import type { Load } from './load.ts';
import type { Measurement, Sample, Scale, Sides } from './measurement.ts';
import { median, percentile, rangeOf } from './statistics.ts';

/** The result of one line. */
export interface Comparison {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly goal: number;
  readonly kind: 'rate' | 'time';
  /** ours ÷ raw. */
  readonly value: number;
  readonly ours: number;
  readonly raw: number;
  /** The smallest and the largest ratio of two runs that followed each other. */
  readonly range: readonly [number, number];
  /** CPU-microseconds per operation, by side and process. */
  readonly cpuMicros: {
    readonly ours: Readonly<Record<string, number>>;
    readonly raw: Readonly<Record<string, number>>;
  };
  /** The even load of both sides; undefined where both sides ran at full speed. */
  readonly load: Load | undefined;
  readonly notes: readonly string[];
}

/**
 * Runs both sides in turn (A B B A …), `repeats` times each, and compares the runs. So a drift of the machine affects
 * both alike.
 */
export async function compare(
  measurement: Measurement,
  sides: Sides,
  { repeats }: Scale,
  onRun: (side: 'ours' | 'raw', sample: Sample) => void,
): Promise<Comparison> {
  const ours: Sample[] = [];
  const raw: Sample[] = [];
  const run = async (side: 'ours' | 'raw') => {
    const sample = await sides[side]();
    (side === 'ours' ? ours : raw).push(sample);
    onRun(side, sample);
  };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const order = repeat % 2 === 0 ? (['ours', 'raw'] as const) : (['raw', 'ours'] as const);
    for (const side of order) await run(side);
  }
  const { name, what, unit, goal, kind } = measurement;
  const [oursValue, rawValue] = [valueOf(measurement, ours), valueOf(measurement, raw)];
  const ratios = ours.map(({ value }, index) => value / (raw[index]?.value ?? Number.NaN));
  return {
    name,
    what,
    unit,
    goal,
    kind,
    ours: oursValue,
    raw: rawValue,
    value: oursValue / rawValue,
    range: rangeOf(ratios),
    cpuMicros: { ours: cpuPerOperation(ours), raw: cpuPerOperation(raw) },
    load: sides.load,
    notes: sides.notes ?? [],
  };
}

function valueOf({ percentile: share }: Measurement, samples: readonly Sample[]): number {
  if (share === undefined) return median(samples.map(({ value }) => value));
  return percentile(
    samples.flatMap(({ times = [] }) => times),
    share,
  );
}

function cpuPerOperation(samples: readonly Sample[]): Record<string, number> {
  const names = new Set(samples.flatMap(({ cpuSeconds }) => Object.keys(cpuSeconds)));
  const operations = samples.reduce((sum, sample) => sum + sample.operations, 0);
  return Object.fromEntries(
    [...names].map((name) => {
      const seconds = samples.reduce((sum, { cpuSeconds }) => sum + (cpuSeconds[name] ?? 0), 0);
      return [name, (seconds / operations) * 1e6];
    }),
  );
}

/** Whether a comparison reaches its goal. */
export function reaches({ kind, value, goal }: Pick<Comparison, 'kind' | 'value' | 'goal'>): boolean {
  return kind === 'rate' ? value >= goal : value <= goal;
}
