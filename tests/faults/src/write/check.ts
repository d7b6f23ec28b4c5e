import type { Attempt, Evidence, JournalEvent, PublishedEvent, Violation } from './history.ts';

/** A rule that evidence is held against. */
type Rule = (evidence: Evidence) => Iterable<Violation>;

/** Holds the evidence of a run against every rule. No violation: nothing was lost, doubled, oversold or answered wrongly. */
export function check(evidence: Evidence): readonly Violation[] {
  return RULES.flatMap((rule) => [...rule(evidence)]);
}

const violation = (rule: string, detail: string): Violation => ({ rule, detail });
const keyOf = ({ context, shard }: JournalEvent) => `${context}/${shard}`;

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

function byWish(attempts: readonly Attempt[]): ReadonlyMap<string, readonly Attempt[]> {
  return Map.groupBy(attempts, ({ wish }) => `${wish.requestId}${wish.kind === 'place' ? wish.marker : ''}`);
}

/** What was acknowledged is in the journal once, as it was told; what was only refused is not there at all. */
function* acknowledgedOnce({ attempts, journal }: Evidence): Iterable<Violation> {
  const placed = Map.groupBy(
    journal.filter(({ marker }) => marker !== undefined),
    ({ marker }) => marker,
  );
  const at = new Map(journal.map((event) => [event.position, event]));
  for (const tries of byWish(attempts).values()) {
    const [first] = tries;
    if (first?.wish.kind !== 'place') continue;
    const { requestId, marker } = first.wish;
    const events = placed.get(marker) ?? [];
    const accepted = tries.filter(({ outcome }) => outcome.kind === 'accepted');
    if (events.length > 1)
      yield violation('each command once', `request ${requestId} placed ${events.length} orders`);
    if (accepted.length > 0 && events.length === 0)
      yield violation('acknowledged is kept', `request ${requestId} was accepted and its order is not there`);
    const onlyRefused = tries.every(
      ({ outcome }) => outcome.kind === 'refused' || outcome.kind === 'conflict',
    );
    if (onlyRefused && events.length > 0)
      yield violation('refused does nothing', `request ${requestId} was refused and its order is there`);
    for (const { outcome } of accepted) {
      if (outcome.kind !== 'accepted') continue;
      const [event] = events;
      if (event && (event.aggregateId !== outcome.aggregateId || event.version !== outcome.version))
        yield violation(
          'answers are true',
          `request ${requestId} was told ${outcome.aggregateId} v${outcome.version}`,
        );
      for (const [key, position] of outcome.positions) {
        const named = at.get(position);
        if (!named || keyOf(named) !== key)
          yield violation('tokens are true', `request ${requestId}: no event of ${key} at ${position}`);
      }
    }
  }
}

/** A repeat gets the first answer again and is told that it is one; other content under a used id is a conflict. */
function* repeatsAnswerAlike({ attempts }: Evidence): Iterable<Violation> {
  const byRequest = Map.groupBy(attempts, ({ wish }) => wish.requestId);
  for (const [requestId, tries] of byRequest) {
    const accepted = tries.filter(({ outcome }) => outcome.kind === 'accepted');
    const answers = new Set(
      accepted.map(({ outcome }) =>
        outcome.kind === 'accepted'
          ? `${outcome.aggregateId} v${outcome.version} ${[...outcome.positions].sort().join(' ')}`
          : '',
      ),
    );
    if (answers.size > 1)
      yield violation('repeats answer alike', `request ${requestId}: ${[...answers].join(' / ')}`);
    const firstAcceptedAt = Math.min(...accepted.map(({ endedAtMs }) => endedAtMs));
    for (const { outcome, sentAtMs, reuse } of tries) {
      const afterwards = sentAtMs > firstAcceptedAt;
      if (reuse && outcome.kind === 'accepted')
        yield violation(
          'other content is a conflict',
          `request ${requestId} was accepted with other content`,
        );
      if (afterwards && !reuse && outcome.kind === 'accepted' && !outcome.replayed)
        yield violation('repeats are marked', `request ${requestId} was answered as if for the first time`);
      if (afterwards && !reuse && (outcome.kind === 'refused' || outcome.kind === 'conflict'))
        yield violation('repeats answer alike', `request ${requestId} was accepted and then ${outcome.kind}`);
    }
  }
}

/** Stock was never promised twice, and the table holds what the events come to. */
function* neverOversold({ journal, stocks }: Evidence): Iterable<Violation> {
  const levels = new Map<string, JournalEvent>();
  for (const event of journal) {
    if (!event.level) continue;
    const { onHand, reserved } = event.level;
    if (reserved > onHand || reserved < 0n)
      yield violation(
        'never oversold',
        `${event.aggregateId}: ${reserved} of ${onHand} at ${event.position}`,
      );
    levels.set(event.aggregateId, event);
  }
  for (const { productId, onHand, reserved, version } of stocks) {
    const last = levels.get(productId);
    if (last?.level?.onHand !== onHand || last.level.reserved !== reserved || last.version !== version)
      yield violation('state follows events', `stock of ${productId}: ${reserved} of ${onHand}, v${version}`);
  }
}

/** Reserved pieces are what the placed orders come to: an order that half happened would show here. */
function* ordersMatchStock({ journal, attempts }: Evidence): Iterable<Violation> {
  const promised = new Map<string, bigint>();
  const wishes = new Map(
    attempts.flatMap(({ wish, reuse }) =>
      wish.kind === 'place' && !reuse ? [[wish.marker, wish] as const] : [],
    ),
  );
  for (const { marker } of journal) {
    const wish = marker === undefined ? undefined : wishes.get(marker);
    for (const { productId, quantity } of wish?.lines ?? [])
      promised.set(productId, (promised.get(productId) ?? 0n) + quantity);
  }
  const levels = new Map(
    journal.flatMap(({ aggregateId, level }) => (level ? [[aggregateId, level] as const] : [])),
  );
  for (const [productId, { reserved }] of levels) {
    const expected = promised.get(productId) ?? 0n;
    if (reserved !== expected)
      yield violation('orders match stock', `${productId}: ${reserved} reserved, ${expected} ordered`);
  }
}

/** A refusal for want of stock was true at some moment of the call: of a state that was committed, not of one rolled back. */
function* refusalsWereTrue({ attempts, journal }: Evidence): Iterable<Violation> {
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
  const byProduct = Map.groupBy(
    journal.filter(({ level }) => level),
    ({ aggregateId }) => aggregateId,
  );
  for (const { wish, outcome, sentAtMs, endedAtMs } of attempts) {
    if (outcome.kind !== 'refused' || outcome.reason !== 'INSUFFICIENT_STOCK' || wish.kind !== 'place')
      continue;
    const from = acknowledgedBy(sentAtMs);
    const until = recordedBy(endedAtMs);
    const needed = (productId: string) =>
      wish.lines.reduce((sum, line) => (line.productId === productId ? sum + line.quantity : sum), 0n);
    const moments = [
      from,
      ...outcome.shortProducts.flatMap((id) => {
        const events = byProduct.get(id) ?? [];
        return events
          .slice(countUpTo(events, from), countUpTo(events, until))
          .map(({ position }) => position);
      }),
    ];
    const wasShort = (moment: bigint) =>
      outcome.shortProducts.every((id) => availableAt(byProduct.get(id) ?? [], moment) < needed(id));
    if (outcome.shortProducts.length === 0 || !moments.some(wasShort))
      yield violation(
        'refusals were true',
        `request ${wish.requestId}: ${outcome.shortProducts.join(', ')} not short from ${from} to ${until}`,
      );
  }
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

/** Every event is in Kafka, unchanged, in its place; and positions rise in every partition once duplicates are dropped. */
function* publishedInOrder({ journal, published }: Evidence): Iterable<Violation> {
  const seen = new Map<bigint, PublishedEvent>();
  const last = new Map<string, bigint>();
  for (const event of published) {
    const { topic, partition, position, payload } = event;
    const before = seen.get(position);
    if (before) {
      if (before.payload !== payload || before.topic !== topic || before.partition !== partition)
        yield violation('published as recorded', `position ${position} is in Kafka in two forms`);
      continue;
    }
    seen.set(position, event);
    const place = `${topic}/${partition}`;
    const previous = last.get(place) ?? 0n;
    if (position < previous) yield violation('positions rise', `${place}: ${position} after ${previous}`);
    last.set(place, position);
  }
  for (const { position, shard, payload } of journal) {
    const event = seen.get(position);
    if (!event) yield violation('everything is published', `position ${position} is not in Kafka`);
    else if (event.payload !== payload || event.partition !== shard)
      yield violation(
        'published as recorded',
        `position ${position} is in Kafka with another content or place`,
      );
  }
  if (seen.size > journal.length)
    yield violation(
      'published as recorded',
      `Kafka holds ${seen.size} events, the journal ${journal.length}`,
    );
}

/** A cursor never moves back: an owner that slept through its lease changes nothing. */
function* cursorsRise({ stepsBack }: Evidence): Iterable<Violation> {
  for (const { shard, from, to } of stepsBack)
    yield violation('cursors rise', `shard ${shard}: ${to} after ${from}`);
}

const MAX_RETRIES_A_GROUP = 0.03;
const RETRIES_WITHOUT_MEANING = 20;

/** Replicas side by side do not keep rolling each other back. */
function* noDeadlockStorm({ commits: { groups, retries } }: Evidence): Iterable<Violation> {
  if (retries > RETRIES_WITHOUT_MEANING && retries > groups * MAX_RETRIES_A_GROUP)
    yield violation('no deadlock storm', `${retries} roll-backs in ${groups} groups`);
}

const RULES: readonly Rule[] = [
  journalIsWhole,
  acknowledgedOnce,
  repeatsAnswerAlike,
  neverOversold,
  ordersMatchStock,
  refusalsWereTrue,
  publishedInOrder,
  cursorsRise,
  noDeadlockStorm,
];
