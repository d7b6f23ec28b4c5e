import type { Violation } from '../write/history.ts';
import { checkLooks } from './check-looks.ts';
import { checkCaughtUp, checkRows } from './check-rows.ts';
import type { ReadEvidence } from './history.ts';

/** Holds the evidence of a run against every rule. No violation: no projection lied, and no answer. */
export function check(evidence: ReadEvidence): readonly Violation[] {
  return [checkCaughtUp, checkRows, checkLooks].flatMap((rule) => [...rule(evidence)]);
}
