import type { Violation } from '../system/violation.ts';
import type { Attempt, Evidence, Wish } from './history.ts';
import { markOf } from './history.ts';

/** A rule that evidence is held against. */
export type Rule = (evidence: Evidence) => Iterable<Violation>;

/** A violation of a rule. */
export const violation = (rule: string, detail: string): Violation => ({ rule, detail });

/** What the clients wanted, by mark. What they sent on purpose under a used request id is no wish. */
export function wishesByMark(attempts: readonly Attempt[]): ReadonlyMap<string, Wish> {
  return new Map(attempts.flatMap(({ wish, reuse }) => (reuse ? [] : [[markOf(wish), wish] as const])));
}
