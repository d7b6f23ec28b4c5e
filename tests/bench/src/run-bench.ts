import { compare, type Comparison } from './measure/compare.ts';
import { loadText } from './measure/load.ts';
import type { Measurement, Scale } from './measure/measurement.ts';
import type { NotMeasured } from './measure/report.ts';
import type { OpenSystem } from './system/bench-system.ts';

/** The results of all lines. */
export interface BenchResult {
  readonly comparisons: readonly Comparison[];
  /** Lines that could not be measured; all other lines were. */
  readonly notMeasured: readonly NotMeasured[];
}

const MINUTE_MS = 60_000;

/**
 * Runs measurements one after the other. A measurement that fails, or takes longer than the scale allows, is reported
 * as not measured. Its processes are ended, and the other measurements go on.
 */
export async function runBench(
  system: OpenSystem,
  measurements: readonly Measurement[],
  scale: Scale,
  say: (line: string) => void,
): Promise<BenchResult> {
  const comparisons: Comparison[] = [];
  const notMeasured: NotMeasured[] = [];
  for (const measurement of measurements) {
    const { name, what } = measurement;
    say(`${name}: ${what}`);
    try {
      const comparison = await within(scale.lineMinutes, measure(system, measurement, scale, say));
      comparisons.push(comparison);
      say(`  ratio ${comparison.value.toFixed(2)}`);
    } catch (error) {
      const why = (error instanceof Error ? error.message : String(error)).trim();
      notMeasured.push({ name, why });
      say(`  not measured: ${why}`);
      await system.clear();
    }
  }
  return { comparisons, notMeasured };
}

async function measure(
  system: OpenSystem,
  measurement: Measurement,
  scale: Scale,
  say: (line: string) => void,
): Promise<Comparison> {
  const sides = await measurement.prepare(system, scale);
  try {
    if (sides.load) say(`  load: ${loadText(sides.load)}`);
    return await compare(measurement, sides, scale, (side, { value }) =>
      say(`  ${side}: ${value.toFixed(2)} ${measurement.unit}`),
    );
  } finally {
    await sides.close();
  }
}

/** Work that is still under way when the time is up ends with the processes that it asks. */
async function within<T>(minutes: number, work: Promise<T>): Promise<T> {
  const isOver = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => isOver.reject(new Error(`it took longer than ${minutes} minutes`)),
    minutes * MINUTE_MS,
  );
  work.catch(() => undefined);
  try {
    return await Promise.race([work, isOver.promise]);
  } finally {
    clearTimeout(timer);
  }
}
