import type { Defect } from '../defects/defects.ts';
import type { FaultyEngines } from '../system/engines.ts';
import type { Violation } from './history.ts';
import { runWrite, type WriteRunOptions } from './run-write.ts';

/** How long the load of a planted defect lasts. */
export const RUN_SECONDS = 15;

/** Whether a defect was caught, and by which rules. */
export interface DefectResult {
  readonly caught: boolean;
  /** Every rule that was broken. */
  readonly rules: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** The first violation of each rule, in words. */
  readonly examples: readonly string[];
}

/** What the violations of a run say of the defect that was planted in it. */
export function resultOf(
  violations: readonly Violation[],
  caughtBy: readonly string[],
  counts: Readonly<Record<string, number>>,
): DefectResult {
  const byRule = Map.groupBy(violations, ({ rule }) => rule);
  const rules = [...byRule.keys()];
  const examples = [...byRule].map(([rule, [first]]) => `${rule}: ${first?.detail ?? ''}`);
  return { caught: rules.some((rule) => caughtBy.includes(rule)), rules, counts, examples };
}

/** Plants a defect in every replica, provokes it and checks: it is caught when a rule breaks that should catch it. */
export async function runDefect(
  engines: FaultyEngines,
  { name, faults, caughtBy }: Defect,
  options: Pick<WriteRunOptions, 'seed' | 'seconds' | 'say'>,
): Promise<DefectResult> {
  const { violations, counts } = await runWrite(engines, { ...options, only: faults, defect: name });
  return resultOf(violations, caughtBy, counts);
}
