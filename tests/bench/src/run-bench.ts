import { within } from '@meridian/async';
import { identify, isAlive } from '@meridian/engines';
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

/** Callbacks of a run, and how to stop it early. */
export interface BenchListener {
  say(line: string): void;
  /** Called after each measurement, with all results so far. */
  onLine?(soFar: BenchResult): void;
  /** Once aborted, no further measurement begins, and `onLine` is not called again. The caller ends the one under way. */
  readonly signal?: AbortSignal;
}

const MINUTE_MS = 60_000;
const LOOK_MS = 1_000;

/**
 * Runs measurements one after the other. A measurement that fails, or takes longer than the scale allows, is reported
 * as not measured. Its processes are ended, and the other measurements go on. When an engine ends by itself, no more is measured: the
 * measurement under way and all later ones are reported so.
 */
export async function runBench(
  system: OpenSystem,
  measurements: readonly Measurement[],
  scale: Scale,
  { say, onLine, signal }: BenchListener,
): Promise<BenchResult> {
  const comparisons: Comparison[] = [];
  const notMeasured: NotMeasured[] = [];
  const refuseEnded = await watchEngines(system);
  for (const measurement of measurements) {
    if (signal?.aborted) break;
    const { name, what } = measurement;
    say(`${name}: ${what}`);
    try {
      refuseEnded();
      const work = measure(system, measurement, scale, say);
      // What is still under way when the time is up ends with the processes that it asks.
      const comparison = await within(
        scale.lineMinutes * MINUTE_MS,
        whileEnginesRun(refuseEnded, work),
        () => new Error(`it took longer than ${scale.lineMinutes} minutes`),
      );
      comparisons.push(comparison);
      say(`  ratio ${comparison.value.toFixed(2)}`);
    } catch (error) {
      if (signal?.aborted) break;
      const why = (error instanceof Error ? error.message : String(error)).trim();
      notMeasured.push({ name, why });
      say(`  not measured: ${why}`);
      await system.clear();
    }
    onLine?.({ comparisons, notMeasured });
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

/** Gives a function that throws once an engine has ended that the bench has not ended itself. */
async function watchEngines(system: Pick<OpenSystem, 'enginePids' | 'hasStopped'>): Promise<() => void> {
  const engines = Object.entries(await system.enginePids()).flatMap(([name, pid]) => {
    const identity = identify(pid);
    return identity ? [{ name, identity }] : [];
  });
  return () => {
    if (system.hasStopped()) return;
    const ended = engines.filter(({ identity }) => !isAlive(identity)).map(({ name }) => name);
    if (ended.length > 0) throw new Error(`${ended.join(', ')} ended by itself; its log may say why`);
  };
}

/** Rejects as soon as an engine has ended, also while the work is under way. */
async function whileEnginesRun<T>(refuseEnded: () => void, work: Promise<T>): Promise<T> {
  const isOver = Promise.withResolvers<never>();
  const timer = setInterval(() => {
    try {
      refuseEnded();
    } catch (error) {
      isOver.reject(error);
    }
  }, LOOK_MS);
  try {
    return await Promise.race([work, isOver.promise]);
  } finally {
    clearInterval(timer);
  }
}
