import { bigintOf, dateOf, isConnectionLost, type MysqlConnection } from '@meridian/mysql';
import { placeEvents, type CommittedEvents } from '../journal/append.ts';
import { refuseBehind, type KnownJournal } from '../journal/known-journal.ts';
import { runScript } from '../sql/script.ts';
import type { Accepted } from './decided.ts';
import type { Plan } from './plan.ts';

/** The connection went while COMMIT was under way: the group may or may not have been committed. */
export class UnknownOutcomeError extends Error {
  override readonly name = 'UnknownOutcomeError';
  /** What is accepted if it was. */
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
    const results = await runScript(connection, tail);
    const [head] = results.at(-2)?.rows ?? [];
    if (!head) throw new Error('the journal head gave no position');
    return { head: bigintOf(head, 'head'), recordedAt: dateOf(head, 'recorded_at') };
  } catch (error) {
    await refuseBehind(connection, journal, knownPosition, error);
    if (!isConnectionLost(error)) throw error;
    throw new UnknownOutcomeError(group.accepted, error);
  }
}
