import { compare, type Comparison } from './measure/compare.ts';
import type { Measurement, Scale } from './measure/measurement.ts';
import type { Failure } from './measure/report.ts';
import type { BenchSystem } from './system/bench-system.ts';

/** What came out of all lines. */
export interface BenchResult {
  readonly comparisons: readonly Comparison[];
  /** Lines that could not be measured; the others were all the same. */
  readonly failures: readonly Failure[];
}

/** Runs measurements one after the other. One that fails is told and does not end the others. */
export async function runBench(
  system: BenchSystem,
  measurements: readonly Measurement[],
  scale: Scale,
  say: (line: string) => void,
): Promise<BenchResult> {
  const comparisons: Comparison[] = [];
  const failures: Failure[] = [];
  for (const measurement of measurements) {
    const { name, what, unit } = measurement;
    say(`${name}: ${what}`);
    try {
      const sides = await measurement.prepare(system, scale);
      try {
        const comparison = await compare(measurement, sides, scale, (side, { value }) =>
          say(`  ${side}: ${value.toFixed(2)} ${unit}`),
        );
        comparisons.push(comparison);
        say(`  ratio ${comparison.value.toFixed(2)}`);
      } finally {
        await sides.close();
      }
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      failures.push({ name, error: words });
      say(`  FAILED: ${words}`);
      await system.clear();
    }
  }
  return { comparisons, failures };
}
