import { contextOfAggregate, type EventEnvelope } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { uuidToBytes, type Value } from '@meridian/mysql';
import type { Command, NewEvent } from '../command/command.ts';
import type { Statement } from '../sql/script.ts';

/** An event that waits for its commit: its envelope without position and time, which only the commit gives. */
export type PendingEvent = Omit<EventEnvelope, 'position' | 'time' | 'actor'> & { readonly actor: string };

/** What a commit appended to the journal: whole, and in order of position. */
export interface CommittedEvents {
  /** The position before the first of them; nothing else has a position between. */
  readonly afterPosition: bigint;
  readonly events: readonly EventEnvelope[];
}

/** Gives the events of one command all that is known of their envelopes before the commit. */
export function pendingEvents(
  events: readonly NewEvent[],
  { actor, traceparent }: Pick<Command, 'actor' | 'traceparent'>,
): readonly PendingEvent[] {
  return events.map((event) => ({
    ...event,
    shard: shardOf(event.aggregateId),
    context: contextOfAggregate(event.aggregateType),
    actor,
    traceparent,
  }));
}

/**
 * Moves the head by `count` positions; LAST_INSERT_ID() is then the position before the first of them. Fails as out of range, and
 * draws none, when the head is behind a position that is known to have been there: checked under the head's lock, at no cost.
 */
export function moveHead(count: number, known: bigint): Statement {
  return {
    sql: `UPDATE journal_head SET position = LAST_INSERT_ID(position) + ?
          + IF(position >= ?, 0, position + 1 + 18446744073709551615) WHERE id = 1`,
    values: [count, known],
  };
}

/** Appends events behind the old head, in their order. It runs after `moveHead`. */
export function appendEvents(events: readonly PendingEvent[]): Statement {
  const rows: string[] = [];
  const values: Value[] = [];
  for (const event of events) {
    rows.push(`(LAST_INSERT_ID() + ${rows.length + 1}, ?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), ?, ?)`);
    values.push(uuidToBytes(event.eventId), event.shard, event.aggregateType, event.aggregateId);
    values.push(event.version, event.type, event.payload, event.actor, event.traceparent);
  }
  return {
    // One statement, so one time for all of them.
    sql: `INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type,
                               payload, recorded_at, actor, traceparent)
          VALUES ${rows.join(', ')}`,
    values,
  };
}

/** The old head, and when the events behind it were recorded: to be read after `appendEvents`, in its transaction. */
export const APPENDED: Statement = {
  sql: `SELECT LAST_INSERT_ID() AS head,
               (SELECT recorded_at FROM journal WHERE position = LAST_INSERT_ID() + 1) AS recorded_at`,
  values: [],
};

/** The events that a commit appended, whole: the same that reading the journal would give. `head` is the old head. */
export function placeEvents(
  events: readonly PendingEvent[],
  { head, recordedAt }: { readonly head: bigint; readonly recordedAt: Date },
): CommittedEvents {
  const placed = events.map((event, index) => ({
    ...event,
    position: head + BigInt(index + 1),
    time: recordedAt,
  }));
  return { afterPosition: head, events: placed };
}
