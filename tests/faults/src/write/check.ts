import type { Violation } from '../system/violation.ts';
import { acknowledgedOnce, repeatsAnswerAlike } from './check-answers.ts';
import { ordersMoveAsAllowed } from './check-life-cycle.ts';
import { cursorsRise, publishedInOrder } from './check-published.ts';
import { refusalsWereTrue } from './check-refusals.ts';
import { neverOversold, ordersMatchStock } from './check-stock.ts';
import type { Evidence } from './history.ts';
import { violation, type Rule } from './rule.ts';
import { harmsReplica } from './schedule.ts';

/** Holds the evidence of a run against every rule. No violation: nothing was lost, doubled, oversold or answered wrongly. */
export function check(evidence: Evidence): readonly Violation[] {
  return RULES.flatMap((rule) => [...rule(evidence)]);
}

/** Positions have no gap, and versions have none by aggregate. */
function* journalIsWhole({ journal }: Evidence): Iterable<Violation> {
  let last = 0n;
  const versions = new Map<string, bigint>();
  for (const { position, aggregateType, aggregateId, version } of journal) {
    if (position !== last + 1n) yield violation('positions without gaps', `${position} follows ${last}`);
    last = position;
    const id = `${aggregateType}/${aggregateId}`;
    const before = versions.get(id) ?? 0n;
    if (version !== before + 1n)
      yield violation(
        'versions without gaps',
        `${id}: ${version} follows ${before}, at position ${position}`,
      );
    versions.set(id, version);
  }
}

/** Every state table is equal to the fold of the events, and the events of every answered command are there. */
function* journalVerifies({ verified }: Evidence): Iterable<Violation> {
  for (const { kind, subject, description } of verified)
    yield violation('the journal verifies', `${kind}: ${subject} ${description}`);
}

/**
 * A COMMIT whose client has gone comes to nothing: its connection was ended before anybody looked what became of it. A replica that
 * was killed, stopped or asleep meanwhile may not have come to it; nobody has looked then either.
 */
function* lateCommitsComeToNothing({ lateCommits, harms }: Evidence): Iterable<Violation> {
  const excuses = harms.filter(harmsReplica);
  for (const { cutAtMs, atMs, wasAnswered } of lateCommits)
    if (wasAnswered && !excuses.some(({ fromMs, untilMs }) => fromMs <= atMs && untilMs >= cutAtMs))
      yield violation('a late COMMIT comes to nothing', `the server still took one at ${atMs}`);
}

const MAX_RETRIES_A_GROUP = 0.015;
const RETRIES_WITHOUT_MEANING = 8;

/** Replicas side by side do not keep rolling each other back. */
function* noDeadlockStorm({ commits: { groups, retries } }: Evidence): Iterable<Violation> {
  if (retries > RETRIES_WITHOUT_MEANING && retries > groups * MAX_RETRIES_A_GROUP)
    yield violation('no deadlock storm', `${retries} roll-backs in ${groups} groups`);
}

/** What a client is told when a service, or what it needs, is away or has too much to do. */
const PASSING = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'CANCELLED']);

/**
 * An error that no fault explains is a defect. When a connection breaks in the middle of a call, the client sometimes
 * reads INTERNAL, without the reason that a service would name. A fault of this replica explains the error if it was
 * active during the call.
 */
function* errorsAreForeseen({ attempts, harms }: Evidence): Iterable<Violation> {
  for (const { outcome, wish, replica, sentAtMs, endedAtMs } of attempts) {
    if (outcome.kind !== 'unknown' || PASSING.has(outcome.status)) continue;
    const { status, reason, words = '' } = outcome;
    const broke = harms.some(
      (harm) =>
        harmsReplica(harm) &&
        harm.replica === replica &&
        harm.fromMs <= endedAtMs &&
        harm.untilMs >= sentAtMs,
    );
    if (status !== 'INTERNAL' || reason !== undefined || !broke)
      yield violation('errors are foreseen', `request ${wish.requestId}: ${status} ${words}`);
  }
}

/**
 * Every wish gets an answer in the end. Clients repeat a wish until long after the last fault is healed, and then want something of
 * each replica alone. So a wish whose last try has no answer shows a replica that is stuck.
 */
function* wishesAreAnswered({ attempts }: Evidence): Iterable<Violation> {
  const wanted = attempts.filter(({ reuse }) => !reuse);
  for (const [requestId, tries] of Map.groupBy(wanted, ({ wish }) => wish.requestId)) {
    const last = tries.at(-1);
    if (last?.outcome.kind === 'unknown')
      yield violation(
        'every wish is answered',
        `request ${requestId}: in the end, replica ${last.replica} said ${last.outcome.status} ${last.outcome.words ?? ''}`,
      );
  }
}

const RULES: readonly Rule[] = [
  journalIsWhole,
  journalVerifies,
  acknowledgedOnce,
  repeatsAnswerAlike,
  neverOversold,
  ordersMatchStock,
  ordersMoveAsAllowed,
  refusalsWereTrue,
  publishedInOrder,
  cursorsRise,
  lateCommitsComeToNothing,
  noDeadlockStorm,
  errorsAreForeseen,
  wishesAreAnswered,
];
