import type { Violation } from '../system/violation.ts';
import type { Attempt, Evidence, JournalEvent, Wish } from './history.ts';
import { EVENT_OF, exceededLines, mayFollow, statusAfter } from './life-cycle.ts';
import { violation, wishesByMark } from './rule.ts';

type Refused = Extract<Attempt['outcome'], { kind: 'refused' }>;
type WishOf<Kind extends Wish['kind']> = Extract<Wish, { kind: Kind }>;

/** What the journal says of the times in which a refusal can have been true. */
interface Known {
  /** The events of a stock, or of an order, in their order. */
  eventsOf(aggregateId: string): readonly JournalEvent[];
  readonly wishes: ReadonlyMap<string, Wish>;
  /** The positions between which an attempt was decided: the last acknowledged before it, and the last recorded by its end. */
  windowOf(attempt: Attempt): { readonly from: bigint; readonly until: bigint };
}

/**
 * A refusal was true at some moment of the call: true of a committed state, not of one that was rolled back. It was
 * also a refusal that these clients can cause by what they do.
 */
export function* refusalsWereTrue({ attempts, journal }: Evidence): Iterable<Violation> {
  const known = knownOf(attempts, journal);
  for (const attempt of attempts) {
    const { wish, outcome } = attempt;
    if (outcome.kind !== 'refused' || attempt.reuse) continue;
    const { from, until } = known.windowOf(attempt);
    const subjects = wish.kind === 'step' ? [wish.orderId] : outcome.shortProducts;
    const moments = [
      from,
      ...subjects.flatMap((id) => {
        const events = known.eventsOf(id);
        return events
          .slice(countUpTo(events, from), countUpTo(events, until))
          .map(({ position }) => position);
      }),
    ];
    if (!moments.some((moment) => wasTrue(wish, outcome, moment, known)))
      yield violation(
        'refusals were true',
        `request ${wish.requestId}: ${outcome.reason} of ${subjects.join(', ')} was not so from ${from} to ${until}`,
      );
  }
}

function knownOf(attempts: Evidence['attempts'], journal: Evidence['journal']): Known {
  const acknowledgedBy = highestByTime(
    attempts.flatMap(({ outcome, endedAtMs }) =>
      outcome.kind === 'accepted'
        ? [{ atMs: endedAtMs, position: max([...outcome.positions.values()]) }]
        : [],
    ),
  );
  const recordedBy = highestByTime(
    journal.map(({ recordedAtMs, position }) => ({ atMs: recordedAtMs, position })),
  );
  const byAggregate = Map.groupBy(
    journal.filter(({ aggregateType }) => aggregateType === 'stock' || aggregateType === 'order'),
    ({ aggregateId }) => aggregateId,
  );
  return {
    eventsOf: (aggregateId) => byAggregate.get(aggregateId) ?? [],
    wishes: wishesByMark(attempts),
    windowOf: ({ sentAtMs, endedAtMs }) => ({
      from: acknowledgedBy(sentAtMs),
      until: recordedBy(endedAtMs),
    }),
  };
}

function wasTrue(wish: Wish, refused: Refused, moment: bigint, known: Known): boolean {
  switch (wish.kind) {
    case 'place':
      return refused.reason === 'INSUFFICIENT_STOCK' && wasShort(wish, refused, moment, known);
    case 'step':
      return stepWasRefusable(wish, refused, moment, known);
    case 'receive':
      return false;
  }
}

function wasShort(
  { lines }: WishOf<'place'>,
  { shortProducts }: Refused,
  moment: bigint,
  known: Known,
): boolean {
  const needed = (id: string) =>
    lines.reduce((sum, { productId, quantity }) => (productId === id ? sum + quantity : sum), 0n);
  return (
    shortProducts.length > 0 &&
    shortProducts.every((id) => availableAt(known.eventsOf(id), moment) < needed(id))
  );
}

function stepWasRefusable(
  { step, orderId, back }: WishOf<'step'>,
  { reason }: Refused,
  moment: bigint,
  { eventsOf, wishes }: Known,
): boolean {
  const events = eventsOf(orderId);
  const before = events.slice(0, countUpTo(events, moment));
  if (reason === 'ORDER_STATUS_CONFLICT') return !mayFollow(EVENT_OF[step], statusAfter(before));
  return reason === 'RETURN_EXCEEDS_LINE' && exceededLines(before, back, wishes).length > 0;
}

function max(values: readonly bigint[]): bigint {
  return values.reduce((largest, value) => (value > largest ? value : largest), 0n);
}

/** Tells the highest position that there was by a time. */
function highestByTime(
  seen: readonly { readonly atMs: number; readonly position: bigint }[],
): (atMs: number) => bigint {
  const sorted = seen.toSorted((a, b) => a.atMs - b.atMs);
  let highest = 0n;
  const highestSoFar = sorted.map(({ position }) => (highest = position > highest ? position : highest));
  return (atMs) => highestSoFar[countWhile(sorted, (one) => one.atMs <= atMs) - 1] ?? 0n;
}

/** How many of the first items hold, by halving: none holds after one that does not. */
function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && holds(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const countUpTo = (events: readonly JournalEvent[], position: bigint): number =>
  countWhile(events, (event) => event.position <= position);

function availableAt(events: readonly JournalEvent[], position: bigint): bigint {
  const last = events[countUpTo(events, position) - 1];
  return last?.level ? last.level.onHand - last.level.reserved : 0n;
}
