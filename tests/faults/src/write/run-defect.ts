import type { Defect } from '../defects/defects.ts';
import type { FaultyEngines } from '../system/engines.ts';
import { runWrite, type WriteRunOptions } from './run-write.ts';

/** How long the load of a planted defect lasts. */
export const RUN_SECONDS = 15;

/** Whether a defect was caught, and by which rules. */
export interface DefectResult {
  readonly caught: boolean;
  /** Every rule that was broken. */
  readonly rules: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Plants a defect in every replica, provokes it and checks: it is caught when a rule breaks that should catch it. */
export async function runDefect(
  engines: FaultyEngines,
  { name, faults, caughtBy }: Defect,
  options: Pick<WriteRunOptions, 'seed' | 'seconds' | 'say'>,
): Promise<DefectResult> {
  const { violations, counts } = await runWrite(engines, { ...options, only: faults, defect: name });
  const rules = [...new Set(violations.map(({ rule }) => rule))];
  return { caught: rules.some((rule) => caughtBy.includes(rule)), rules, counts };
}
