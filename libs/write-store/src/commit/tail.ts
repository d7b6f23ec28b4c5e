import type { AggregateType, EventEnvelope } from '@meridian/contracts';
import { bigintOf, dateOf, uuidToBytes, type StatementResult, type Value } from '@meridian/mysql';
import type { AggregateStates, Versioned } from '../command/aggregates.ts';
import type { Statement } from '../sql/statements.ts';
import { LOCK_ORDER, TABLES, type LockedState } from '../state/state-tables.ts';
import { receiptTable } from '../state/tables/receipts.ts';
import type { Change, Changes } from '../state/tables/table.ts';
import type { StateMaps } from '../state/working-copy.ts';
import type { Accepted, BegunGroup, DecidedGroup, PendingEvent } from './group.ts';

/** What a commit appended to the journal: whole, and in order of position. */
export interface CommittedEvents {
  /** The position just before the first of these events. */
  readonly afterPosition: bigint;
  readonly events: readonly EventEnvelope[];
}

/** The request that commits a group. */
export interface Tail {
  readonly statements: readonly Statement[];
  /** The events of the group, whole, from what the statements gave. */
  read(results: readonly StatementResult[]): CommittedEvents;
}

/**
 * The request that commits a group: it saves states, draws positions, appends events and completes claims. From the first statement
 * that holds the head's lock to COMMIT the server waits for nobody.
 */
export function tailOf(begun: BegunGroup, group: DecidedGroup, knownPosition: bigint): Tail {
  return {
    statements: [
      ...saveStates(begun.locked, group.changed),
      ...releaseClaims(unacceptedClaims(begun, group)),
      ...group.accepted.flatMap(({ alongside }) => alongside),
      moveHead(group.events.length, knownPosition),
      appendEvents(group.events),
      completeClaims(group.accepted),
      APPENDED,
      { sql: 'COMMIT', values: [] },
    ],
    read(results) {
      const [row] = results.at(-2)?.rows ?? [];
      if (!row) throw new Error('the journal head gave no position');
      return placeEvents(group.events, {
        head: bigintOf(row, 'head'),
        recordedAt: dateOf(row, 'recorded_at'),
      });
    },
  };
}

/** The statements that save what a group changed: `changed` over what was locked. */
function saveStates(locked: LockedState, changed: LockedState): readonly Statement[] {
  return [
    ...LOCK_ORDER.flatMap((type) => save(type, locked.states, changed.states)),
    ...receiptTable.save(changed.receipts),
  ];
}

function save<T extends AggregateType>(type: T, before: StateMaps, after: StateMaps): readonly Statement[] {
  return TABLES[type].save(changesOf(type, before, after));
}

function changesOf<T extends AggregateType>(
  type: T,
  before: StateMaps,
  after: StateMaps,
): Changes<AggregateStates[T]> {
  const none: Versioned<AggregateStates[T]> = { state: undefined, version: 0n };
  const changes: Change<AggregateStates[T]>[] = [];
  for (const [id, { state, version }] of after[type])
    if (state !== undefined)
      changes.push({ id, before: before[type].get(id) ?? none, after: { state, version } });
  changes.sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    created: changes.filter((change) => change.before.version === 0n),
    changed: changes.filter((change) => change.before.version !== 0n),
  };
}

/** The request ids that were claimed for nothing: refused, failed, or of commands that this transaction leaves out. */
function unacceptedClaims({ commands, claims }: BegunGroup, group: DecidedGroup): string[] {
  const accepted = new Set(group.accepted.map(({ command }) => command.requestId.toLowerCase()));
  const ids = new Set(commands.map(({ requestId }) => requestId.toLowerCase()));
  return [...ids].filter((id) => !accepted.has(id) && !claims.find(id));
}

/** Takes back the claims of commands that were not accepted: a refusal is not remembered. */
export function releaseClaims(requestIds: readonly string[]): readonly Statement[] {
  if (requestIds.length === 0) return [];
  const ids = requestIds.map(uuidToBytes);
  return [
    {
      // The DELETE of one table takes no index hint. This form of DELETE does. Without the hint, the optimizer reads all of a small
      // table. It would then wait for the claims of other replicas, while it holds products that those replicas wait
      // for.
      sql: `DELETE command_log FROM command_log FORCE INDEX (PRIMARY)
            WHERE request_id IN (?) AND first_position IS NULL`,
      values: [ids],
    },
  ];
}

/**
 * Moves the head by `count` positions; LAST_INSERT_ID() is then the position before the first of them. Fails as out of
 * range, and draws none, when the head is behind a position that is known to have been there. The check runs under the
 * head's lock, at no cost.
 */
function moveHead(count: number, known: bigint): Statement {
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
    // One statement gives all events the same time.
    sql: `INSERT INTO journal (position, event_id, shard, aggregate_type, aggregate_id, aggregate_version, type,
                               payload, recorded_at, actor, traceparent)
          VALUES ${rows.join(', ')}`,
    values,
  };
}

/**
 * Completes the claims of accepted commands; runs after the head was moved, whose old position LAST_INSERT_ID() gives. A claim may be
 * that of another command of the group with the same request id, which was refused. So the accepted command writes its own
 * name and fingerprint, too.
 */
function completeClaims(accepted: readonly Accepted[]): Statement {
  const rows = accepted.map(({ command, aggregateId, version, answer, events, eventsBefore }) => {
    const { requestId, fingerprint, name } = command;
    const values = [uuidToBytes(requestId), fingerprint, name, aggregateId, version, events.length, answer];
    const sql = `(?, ?, ?, ?, ?, LAST_INSERT_ID() + ${eventsBefore + 1}, ?, ?, UTC_TIMESTAMP(3))`;
    return { sql, values };
  });
  return {
    sql: `INSERT INTO command_log (request_id, fingerprint, command, aggregate_id, aggregate_version,
                                   first_position, event_count, answer, accepted_at)
          VALUES ${rows.map(({ sql }) => sql).join(', ')} AS new
          ON DUPLICATE KEY UPDATE fingerprint = new.fingerprint, command = new.command,
            aggregate_id = new.aggregate_id, aggregate_version = new.aggregate_version,
            first_position = new.first_position, event_count = new.event_count, answer = new.answer`,
    values: rows.flatMap(({ values }) => values),
  };
}

/** The old head, and when the events behind it were recorded: to be read after `appendEvents`, in its transaction. */
const APPENDED: Statement = {
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
