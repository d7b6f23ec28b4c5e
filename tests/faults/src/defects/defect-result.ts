import type { Violation } from '../system/violation.ts';
import { assertPlanted } from './assert-planted.ts';
import type { Planted } from './planted.ts';

/** Whether a defect was caught, and by which rules. */
export interface DefectResult {
  readonly caught: boolean;
  /** Every rule that was broken. */
  readonly rules: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** The first violation of each rule, in words. */
  readonly examples: readonly string[];
}

/** What every run finds out. */
interface RunResult {
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
  readonly logFolder: string;
}

/** What a run says of the defect that was planted in it. Throws when it was not planted anywhere. */
export function resultOf(planted: Planted, { violations, counts, logFolder }: RunResult): DefectResult {
  assertPlanted(planted, logFolder);
  const byRule = Map.groupBy(violations, ({ rule }) => rule);
  const rules = [...byRule.keys()];
  const examples = [...byRule].map(([rule, [first]]) => `${rule}: ${first?.detail ?? ''}`);
  return { caught: rules.some((rule) => planted.caughtBy.includes(rule)), rules, counts, examples };
}
