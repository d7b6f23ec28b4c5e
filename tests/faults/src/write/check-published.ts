import type { Violation } from '../system/violation.ts';
import type { Evidence, PublishedEvent } from './history.ts';
import { violation } from './rule.ts';

/** Every event is in Kafka, unchanged, in its place; and positions rise in every partition once duplicates are dropped. */
export function* publishedInOrder({ journal, published }: Evidence): Iterable<Violation> {
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
export function* cursorsRise({ stepsBack }: Evidence): Iterable<Violation> {
  for (const { shard, from, to } of stepsBack)
    yield violation('cursors rise', `shard ${shard}: ${to} after ${from}`);
}
