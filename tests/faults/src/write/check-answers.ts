import type { Violation } from '../system/violation.ts';
import type { Attempt, Evidence, JournalEvent, Wish } from './history.ts';
import { markOf } from './history.ts';
import { violation } from './rule.ts';

const keyOf = ({ context, shard }: JournalEvent) => `${context}/${shard}`;
const isAccepted = (attempt: Attempt): attempt is Attempt & { outcome: { kind: 'accepted' } } =>
  attempt.outcome.kind === 'accepted';

/** What was acknowledged is in the journal once, as it was told; what was only refused is not there at all. */
export function* acknowledgedOnce({ attempts, journal }: Evidence): Iterable<Violation> {
  const recorded = Map.groupBy(
    journal.filter(({ mark }) => mark !== undefined),
    ({ mark }) => mark,
  );
  const at = new Map(journal.map((event) => [event.position, event]));
  const wanted = Map.groupBy(
    attempts.filter(({ reuse }) => !reuse),
    ({ wish }) => markOf(wish),
  );
  for (const [mark, tries] of wanted) {
    const [first] = tries;
    if (!first) continue;
    const events = recorded.get(mark) ?? [];
    yield* recordedOnce(first.wish, tries, events);
    for (const { outcome } of tries.filter(isAccepted)) yield* toldTruly(first.wish, outcome, events, at);
  }
}

function* recordedOnce(
  wish: Wish,
  tries: readonly Attempt[],
  events: readonly JournalEvent[],
): Iterable<Violation> {
  const request = `request ${wish.requestId} (${markOf(wish)})`;
  if (events.length > 1)
    yield violation('each command once', `${request} is in the journal ${events.length} times`);
  if (events.length === 0 && tries.some(isAccepted))
    yield violation('acknowledged is kept', `${request} was accepted and is not in the journal`);
  const onlyRefused = tries.every(({ outcome }) => outcome.kind === 'refused' || outcome.kind === 'conflict');
  if (onlyRefused && events.length > 0)
    yield violation('refused does nothing', `${request} was refused and is in the journal`);
  for (const event of events)
    if (!isAsWanted(wish, event))
      yield violation('recorded as wanted', `${request} is something else at ${event.position}`);
}

/** Whether an event says what its wish did. The lines of an order show in the stock. */
function isAsWanted(wish: Wish, { aggregateId, received }: JournalEvent): boolean {
  switch (wish.kind) {
    case 'place':
      return wish.orderId === '' || aggregateId === wish.orderId;
    case 'receive':
      return aggregateId === wish.productId && received === wish.quantity;
    case 'step':
      return aggregateId === wish.orderId;
  }
}

function* toldTruly(
  { requestId }: Wish,
  { aggregateId, version, positions }: Extract<Attempt['outcome'], { kind: 'accepted' }>,
  [event]: readonly JournalEvent[],
  at: ReadonlyMap<bigint, JournalEvent>,
): Iterable<Violation> {
  if (event && (event.aggregateId !== aggregateId || event.version !== version))
    yield violation('answers are true', `request ${requestId} was told ${aggregateId} v${version}`);
  if (event && positions.size === 0)
    yield violation('tokens are true', `request ${requestId}: the token names nothing`);
  for (const [key, position] of positions) {
    const named = at.get(position);
    if (!named || keyOf(named) !== key)
      yield violation('tokens are true', `request ${requestId}: no event of ${key} at ${position}`);
  }
}

/**
 * A repeat gets the first answer again and is told so. Of all answers to one request id, at most one is the first.
 * Other content under a used id is a conflict, and the same content never is.
 */
export function* repeatsAnswerAlike({ attempts }: Evidence): Iterable<Violation> {
  for (const [requestId, tries] of Map.groupBy(attempts, ({ wish }) => wish.requestId)) {
    const accepted = tries.filter(isAccepted);
    const answers = new Set(
      accepted.map(
        ({ outcome: { aggregateId, version, positions } }) =>
          `${aggregateId} v${version} ${[...positions].sort().join(' ')}`,
      ),
    );
    if (answers.size > 1)
      yield violation('repeats answer alike', `request ${requestId}: ${[...answers].join(' / ')}`);
    const firsts = accepted.filter(({ outcome, reuse }) => !reuse && !outcome.replayed).length;
    if (firsts > 1)
      yield violation(
        'repeats are marked',
        `request ${requestId} was answered ${firsts} times as if it were the first`,
      );
    const firstAcceptedAt = Math.min(...accepted.map(({ endedAtMs }) => endedAtMs));
    for (const attempt of tries) yield* repeated(attempt, attempt.sentAtMs > firstAcceptedAt);
  }
}

function* repeated({ wish, outcome, reuse }: Attempt, isRepeat: boolean): Iterable<Violation> {
  const request = `request ${wish.requestId}`;
  if (reuse) {
    if (outcome.kind === 'accepted' || outcome.kind === 'refused')
      yield violation('other content is a conflict', `${request} was ${outcome.kind} with other content`);
  } else if (outcome.kind === 'conflict')
    // A client sends other content only under an id that was accepted, and says so by `reuse`.
    yield violation('the same content is no conflict', `${request} was a conflict with its own content`);
  else if (isRepeat && outcome.kind === 'accepted' && !outcome.replayed)
    yield violation('repeats are marked', `${request} was answered as if for the first time`);
  else if (isRepeat && outcome.kind === 'refused')
    yield violation('repeats answer alike', `${request} was accepted and then refused`);
}
