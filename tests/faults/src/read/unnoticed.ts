import type { Violation } from '../system/violation.ts';

/** From when to when. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A question that was not answered, and how long it waited. */
export interface Unanswered extends Span {
  readonly region: string;
  readonly question: string;
  readonly status: string;
}

/** One node of three was away and nothing else was wrong, nor was anything for a while before. */
export interface OneAway {
  readonly fault: string;
  readonly before: Span;
  readonly during: Span;
}

const meets = (a: Span, b: Span): boolean => a.fromMs < b.untilMs && b.fromMs < a.untilMs;

/** Whether questions were answered while nothing was wrong: else the machine is too busy to tell what a fault did. */
export const isJudged = ({ before }: OneAway, unanswered: readonly Unanswered[]): boolean =>
  !unanswered.some((question) => meets(question, before));

/** Nobody notices that one node of three is away: every question is answered then, as long as it is without a fault. */
export function* checkUnnoticed(
  spans: readonly OneAway[],
  unanswered: readonly Unanswered[],
): Iterable<Violation> {
  for (const span of spans.filter((one) => isJudged(one, unanswered))) {
    for (const { region, question, status, ...waited } of unanswered) {
      if (!meets(waited, span.during)) continue;
      const afterMs = Math.round(waited.fromMs - span.during.fromMs);
      const lastedMs = Math.round(waited.untilMs - waited.fromMs);
      yield {
        rule: 'one node of three is not missed',
        detail: `${span.fault}: after ${afterMs} ms, ${question} in ${region} ended with ${status} in ${lastedMs} ms`,
      };
    }
  }
}
