import type { MysqlConnection } from '@meridian/mysql';
import type { LoggedCommand } from '../command-log/claim-requests.ts';
import type { Command } from '../command/command.ts';
import type { CommandOutcome } from '../command/outcome.ts';
import type { KnownJournal } from '../journal/known-journal.ts';
import { begin, tooLarge, type BegunTransaction } from './begin.ts';
import { eventsOfLogged, outcomesOf, type EndedTransaction } from './outcomes.ts';
import { planWithin, type Plan, type PlanContext } from './plan.ts';
import { sendTail, type CommittedEvents } from './send-tail.ts';

/** What a group's transaction is told from outside. */
export interface GroupContext
  extends Pick<PlanContext, 'traceOf' | 'maxGroupBytes'>, Pick<EndedTransaction, 'ownEventIds'> {
  /** What is known of how far the journal was: no position is drawn below that. */
  readonly journal: KnownJournal;
  /** How long to wait for each kind of rows that others hold; then the transaction fails. */
  readonly lockWaitMs: number;
  /** Told of what was committed, once it is and before anyone is answered. */
  readonly onCommitted?: ((committed: CommittedEvents) => void) | undefined;
}

/**
 * Runs a group of commands in one transaction of a connection that has none open, and answers once it is committed, or rolled
 * back because none was accepted. When they would write more than one request may hold, it runs the first of them, at least one, and
 * answers for these alone. Throws whatever the database throws, with the transaction still open, CommandTooLargeError,
 * JournalBehindError when the database has lost what is known to be in the journal, and UnknownOutcomeError when the connection
 * went during COMMIT.
 */
export async function runGroup(
  connection: MysqlConnection,
  all: readonly Command[],
  context: GroupContext,
): Promise<readonly CommandOutcome[]> {
  const { ownEventIds, journal, lockWaitMs, onCommitted } = context;
  // 1. Claim the request ids and lock the states.
  const begun = await begin(connection, all, lockWaitMs);
  // 2. Decide in memory, and write the request that commits.
  const tailContext = { ...context, knownPosition: journal.position() };
  const plan = planWithin(begun.commands, begun, tailContext, connection.maxRequestBytes);
  if (plan.isTooLarge) {
    await connection.query('ROLLBACK');
    return [{ kind: 'failed', error: tooLarge(connection.maxRequestBytes) }];
  }
  // 3. Read what the journal holds of commands that were committed before.
  const replays = replaysOf(plan, begun);
  const logged = replays.length > 0 ? await eventsOfLogged(connection, replays) : NOTHING_LOGGED;
  if (plan.group.accepted.length === 0) {
    await connection.query('ROLLBACK');
    return outcomesOf(plan, { events: [], claims: begun.claims, logged, ownEventIds });
  }
  // 4. Commit, tell what was committed, and answer.
  const committed = await sendTail(connection, plan, tailContext);
  journal.note(committed.events.at(-1)?.position ?? 0n);
  onCommitted?.(committed);
  return outcomesOf(plan, { events: committed.events, claims: begun.claims, logged, ownEventIds });
}

const NOTHING_LOGGED: EndedTransaction['logged'] = new Map();

function replaysOf({ group }: Plan, { claims }: BegunTransaction): readonly LoggedCommand[] {
  return group.decided.flatMap((decided) => {
    const logged = decided.kind === 'replay' ? claims.find(decided.requestId) : undefined;
    return logged ? [logged] : [];
  });
}
