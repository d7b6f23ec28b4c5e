import type { EventEnvelope } from '@meridian/contracts';
import { bigintOf, dateOf, isConnectionLost, type MysqlConnection } from '@meridian/mysql';
import { refuseBehind, type KnownJournal } from '../journal/known-journal.ts';
import type { Accepted, PendingEvent } from './group.ts';
import type { Plan } from './decide-group.ts';

/** What a commit appended to the journal: whole, and in order of position. */
export interface CommittedEvents {
  /** The position just before the first of these events. */
  readonly afterPosition: bigint;
  readonly events: readonly EventEnvelope[];
}

/** The connection went while COMMIT was under way: the group may or may not have been committed. */
export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';
  /** The commands that were accepted if the group was committed. */
  readonly accepted: readonly Accepted[];

  constructor(accepted: readonly Accepted[], cause: unknown) {
    super('the connection was lost during COMMIT', { cause });
    this.accepted = accepted;
  }
}

/** What is known of how far the journal is, before the tail is sent. */
export interface TailContext {
  readonly journal: KnownJournal;
  readonly knownPosition: bigint;
}

/** Sends the tail of a plan, which commits it. Answers with the plan's events, whole. */
export async function sendTail(
  connection: MysqlConnection,
  plan: Plan,
  context: TailContext,
): Promise<CommittedEvents> {
  return placeEvents(plan.group.events, await drawn(connection, plan, context));
}

/** Answers with the position before the group's first event, and when its events were recorded. */
async function drawn(
  connection: MysqlConnection,
  { group, tail }: Plan,
  { journal, knownPosition }: TailContext,
): Promise<{ readonly head: bigint; readonly recordedAt: Date }> {
  try {
    const results = await connection.runAll(tail);
    const [head] = results.at(-2)?.rows ?? [];
    if (!head) throw new Error('the journal head gave no position');
    return { head: bigintOf(head, 'head'), recordedAt: dateOf(head, 'recorded_at') };
  } catch (error) {
    await refuseBehind(connection, journal, knownPosition, error);
    if (!isConnectionLost(error)) throw error;
    throw new UnknownOutcomeError(group.accepted, error);
  }
}

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
