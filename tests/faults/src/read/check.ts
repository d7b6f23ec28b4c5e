import type { Violation } from '../system/violation.ts';
import { checkLooks, checkParked, checkWatches } from './check-looks.ts';
import { checkCaughtUp, checkRows } from './check-rows.ts';
import { checkSources } from './check-sources.ts';
import type { AppliedEvidence, ReadEvidence } from './history.ts';

/** Holds the evidence of a run against every rule. No violation: no projection lied, and no answer. */
export function check(evidence: ReadEvidence): readonly Violation[] {
  return [
    ...checkApplied(evidence),
    ...[checkLooks, checkWatches, checkParked, checkSources].flatMap((rule) => [...rule(evidence)]),
  ];
}

/** Holds what was applied against the journal. */
export function checkApplied(evidence: AppliedEvidence): readonly Violation[] {
  return [checkCaughtUp, checkRows].flatMap((rule) => [...rule(evidence)]);
}
