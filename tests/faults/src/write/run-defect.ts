import { assertPlanted } from '../defects/assert-planted.ts';
import type { Defect } from '../defects/defects.ts';
import type { Planted } from '../defects/planted.ts';
import type { FaultyEngines } from '../system/engines.ts';
import { runWrite, type WriteRunOptions, type WriteRunResult } from './run-write.ts';

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

/** What a run says of the defect that was planted in it. Throws when it was not planted anywhere. */
export function resultOf(
  planted: Planted,
  { violations, counts, logFolder }: Pick<WriteRunResult, 'violations' | 'counts' | 'logFolder'>,
): DefectResult {
  assertPlanted(planted, logFolder);
  const byRule = Map.groupBy(violations, ({ rule }) => rule);
  const rules = [...byRule.keys()];
  const examples = [...byRule].map(([rule, [first]]) => `${rule}: ${first?.detail ?? ''}`);
  return { caught: rules.some((rule) => planted.caughtBy.includes(rule)), rules, counts, examples };
}

/** Plants a defect in every replica, provokes it and checks: it is caught when a rule breaks that should catch it. */
export async function runDefect(
  engines: FaultyEngines,
  defect: Defect,
  options: Pick<WriteRunOptions, 'seed' | 'seconds' | 'replicas' | 'say'>,
): Promise<DefectResult> {
  const { name, faults: only } = defect;
  return resultOf(defect, await runWrite(engines, { ...options, only, defect: name }));
}
