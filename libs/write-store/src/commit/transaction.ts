import { isConnectionLost, requestBytes, type MysqlConnection, type StatementResult } from '@meridian/mysql';
import { claimRequests, type LoggedCommand } from '../command-log/claim-requests.ts';
import type { Command } from '../command/command.ts';
import type { CommandOutcome } from '../command/outcome.ts';
import { CommandTooLargeError } from '../command/store-errors.ts';
import { refuseBehind, type KnownJournal } from '../journal/known-journal.ts';
import type { Statement } from '../sql/statements.ts';
import { lockStates } from '../state/state-tables.ts';
import { eventsOfLogged, outcomesOf, type EndedTransaction } from './outcomes.ts';
import { planWithin, type Plan, type PlanContext } from './decide-group.ts';
import type { Accepted, BegunGroup } from './group.ts';
import type { CommittedEvents } from './tail.ts';

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

/**
 * Runs a group of commands in one transaction of a connection that has none open. Answers once the transaction is
 * committed, or rolled back because no command was accepted. When they would write more than one request may hold, it
 * runs the first of them, at least one, and answers for these alone. Throws whatever the database throws, with the
 * transaction still open, and CommandTooLargeError. Throws JournalBehindError when the database has lost what is known
 * to be in the journal, and UnknownOutcomeError when the connection went during COMMIT.
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
  const knownPosition = journal.position();
  const plan = planWithin(begun.commands, begun, { ...context, knownPosition }, connection.maxRequestBytes);
  if (plan.isTooLarge) {
    await connection.query('ROLLBACK');
    return [{ kind: 'failed', error: tooLarge(connection.maxRequestBytes) }];
  }
  // 3. Read what the journal holds of commands that were committed before.
  const replays = replaysOf(plan, begun);
  const logged = replays.length > 0 ? await eventsOfLogged(connection, replays) : NOTHING_LOGGED;
  if (!plan.tail) {
    await connection.query('ROLLBACK');
    return outcomesOf(plan, { events: [], claims: begun.claims, logged, ownEventIds });
  }
  // 4. Commit, tell what was committed, and answer.
  let results: readonly StatementResult[];
  try {
    results = await connection.runAll(plan.tail.statements);
  } catch (error) {
    await refuseBehind(connection, journal, knownPosition, error);
    if (!isConnectionLost(error)) throw error;
    throw new UnknownOutcomeError(plan.group.accepted, error);
  }
  const committed = plan.tail.read(results);
  journal.note(committed.events.at(-1)?.position ?? 0n);
  onCommitted?.(committed);
  return outcomesOf(plan, { events: committed.events, claims: begun.claims, logged, ownEventIds });
}

/**
 * Begins the transaction of a group. Claims the request ids and locks the states of as many commands, from the first
 * on, as one request can name. Throws CommandTooLargeError when one request cannot even name what the first needs.
 */
async function begin(
  connection: MysqlConnection,
  all: readonly Command[],
  lockWaitMs: number,
): Promise<BegunGroup> {
  let commands = all;
  let beginning = beginningOf(commands, lockWaitMs);
  while (requestBytes(beginning.statements) > connection.maxRequestBytes) {
    if (commands.length === 1) throw tooLarge(connection.maxRequestBytes);
    commands = commands.slice(0, Math.ceil(commands.length / 2));
    beginning = beginningOf(commands, lockWaitMs);
  }
  return beginning.read(await connection.runAll(beginning.statements));
}

/** The error of a command that alone writes more than one request may hold. */
function tooLarge(maxBytes: number): CommandTooLargeError {
  return new CommandTooLargeError(`what the command writes does not fit into a request of ${maxBytes} bytes`);
}

interface Beginning {
  readonly statements: readonly Statement[];
  read(results: readonly StatementResult[]): BegunGroup;
}

function beginningOf(commands: readonly Command[], lockWaitMs: number): Beginning {
  const claim = claimRequests(commands, lockWaitMs);
  const lock = lockStates(commands, lockWaitMs);
  const start: Statement = { sql: 'START TRANSACTION', values: [] };
  return {
    statements: [start, ...claim.statements, ...lock.statements],
    read([, , , claimed, ...locks]) {
      if (!claimed) throw new Error('the claims gave no result');
      return { commands, claims: claim.read(claimed), locked: lock.read(locks) };
    },
  };
}

const NOTHING_LOGGED: EndedTransaction['logged'] = new Map();

function replaysOf({ group }: Plan, { claims }: BegunGroup): readonly LoggedCommand[] {
  return group.decided.flatMap((decided) => {
    const logged = decided.kind === 'replay' ? claims.find(decided.requestId) : undefined;
    return logged ? [logged] : [];
  });
}
