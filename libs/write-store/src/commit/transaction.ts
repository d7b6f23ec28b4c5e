import {
  bigintOf,
  dateOf,
  isConnectionLost,
  type MysqlConnection,
  type StatementResult,
} from '@meridian/mysql';
import { shardOf } from '@meridian/kernel';
import {
  claimRequests,
  completeClaims,
  eventsOfLogged,
  positionsOf,
  releaseClaims,
  type Claims,
  type LoggedCommand,
} from '../command-log/command-log.ts';
import type { Command, CommandOutcome } from '../command/command.ts';
import { decideGroup, type Accepted, type Decided, type DecidedGroup } from './group.ts';
import {
  appendedEvents,
  appendEvents,
  APPENDED,
  moveHead,
  type CommittedEvents,
} from '../journal/journal.ts';
import { refuseBehind, type KnownJournal } from '../journal/known-journal.ts';
import { requestBytes } from '../sql/request-bytes.ts';
import { runScript, type Statement } from '../sql/script.ts';
import { lockStates, saveStates, type LockedState } from '../state/state-tables.ts';
import { CommandTooLargeError } from '../command/store-errors.ts';

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

interface Begun {
  readonly claims: Claims;
  readonly locked: LockedState;
}

interface Beginning {
  readonly commands: readonly Command[];
  readonly statements: readonly Statement[];
  read(results: readonly StatementResult[]): Begun;
}

function beginningOf(commands: readonly Command[], lockWaitMs: number): Beginning {
  const claim = claimRequests(commands, lockWaitMs);
  const lock = lockStates(commands, lockWaitMs);
  const start: Statement = { sql: 'START TRANSACTION', values: [] };
  return {
    commands,
    statements: [start, ...claim.statements, ...lock.statements],
    read([, , , claimed, ...locks]) {
      if (!claimed) throw new Error('the claims gave no result');
      return { claims: claim.read(claimed), locked: lock.read(locks) };
    },
  };
}

/** Claims and locks as many commands, from the first on, as one request can name. */
async function begin(
  connection: MysqlConnection,
  commands: readonly Command[],
  lockWaitMs: number,
): Promise<Begun & Pick<Beginning, 'commands'>> {
  let beginning = beginningOf(commands, lockWaitMs);
  while (requestBytes(beginning.statements) > connection.maxRequestBytes) {
    const { length } = beginning.commands;
    if (length === 1) throw tooLarge(connection.maxRequestBytes);
    beginning = beginningOf(commands.slice(0, Math.ceil(length / 2)), lockWaitMs);
  }
  const results = await runScript(connection, beginning.statements);
  return { ...beginning.read(results), commands: beginning.commands };
}

function tooLarge(maxBytes: number): CommandTooLargeError {
  return new CommandTooLargeError(`what the command writes does not fit into a request of ${maxBytes} bytes`);
}

function unacceptedClaims(commands: readonly Command[], group: DecidedGroup, claims: Claims): string[] {
  const accepted = new Set(group.accepted.map(({ command }) => command.requestId.toLowerCase()));
  const ids = new Set(commands.map(({ requestId }) => requestId.toLowerCase()));
  return [...ids].filter((id) => !accepted.has(id) && !claims.find(id));
}

/** What the tail of a transaction is told from outside. */
interface TailContext {
  traceOf(command: Command): string;
  /** A position that an event is known to have had: the head is not moved from below it. */
  readonly knownPosition: bigint;
}

/** Decided commands, and the one request that saves and commits what was accepted of them. */
interface Plan {
  readonly commands: readonly Command[];
  readonly group: DecidedGroup;
  readonly tail: readonly Statement[];
  /** The only command writes more than a request can hold. */
  readonly isTooLarge: boolean;
}

/**
 * Decides as many commands, from the first on, as one request may write; the others change nothing and keep no claim. A command alone
 * may write as much as the server takes, more commands no more than `maxGroupBytes` either.
 */
function planWithin(
  commands: readonly Command[],
  begun: Begun & Pick<Beginning, 'commands'>,
  context: TailContext & Pick<GroupContext, 'maxGroupBytes'>,
  maxRequestBytes: number,
): Plan {
  const group = decideGroup(commands, begun.locked, begun.claims);
  const refused = unacceptedClaims(begun.commands, group, begun.claims);
  const tail = group.accepted.length > 0 ? tailOf(begun, group, refused, context) : [];
  const bytes = requestBytes(tail);
  const isAlone = commands.length === 1;
  const isTooLarge = bytes > maxRequestBytes;
  if (isAlone || (!isTooLarge && bytes <= context.maxGroupBytes))
    return { commands, group, tail, isTooLarge };
  const fewer = commands.slice(0, Math.ceil(commands.length / 2));
  return planWithin(fewer, begun, context, maxRequestBytes);
}

/**
 * Saves, draws positions and commits, all in one request: from the first statement that holds the head's lock to COMMIT the
 * server waits for nobody.
 */
function tailOf(
  { locked }: Begun,
  group: DecidedGroup,
  refused: readonly string[],
  { traceOf, knownPosition }: TailContext,
): readonly Statement[] {
  const eventCount = group.accepted.reduce((sum, { events }) => sum + events.length, 0);
  return [
    ...saveStates(locked, group.changed),
    ...releaseClaims(refused),
    ...group.accepted.flatMap(({ alongside }) => alongside),
    moveHead(eventCount, knownPosition),
    appendEvents(group.accepted, traceOf),
    completeClaims(group.accepted),
    APPENDED,
    { sql: 'COMMIT', values: [] },
  ];
}

/** Sends the tail. Answers with the position before the group's first event, and when its events were recorded. */
async function commit(
  connection: MysqlConnection,
  { group, tail }: Plan,
  { journal, knownPosition }: Pick<GroupContext, 'journal'> & Pick<TailContext, 'knownPosition'>,
): Promise<{ readonly head: bigint; readonly recordedAt: Date }> {
  try {
    const results = await runScript(connection, tail);
    const [head] = results.at(-2)?.rows ?? [];
    if (!head) throw new Error('the journal head gave no position');
    return { head: bigintOf(head, 'head'), recordedAt: dateOf(head, 'recorded_at') };
  } catch (error) {
    await refuseBehind(connection, journal, knownPosition, error);
    if (!isConnectionLost(error)) throw error;
    const accepted = group.accepted;
    throw new UnknownOutcomeError(accepted, error);
  }
}

function firstPositions(accepted: readonly Accepted[], head: bigint): ReadonlyMap<Accepted, bigint> {
  let next = head + 1n;
  const first = new Map<Accepted, bigint>();
  for (const command of accepted) {
    first.set(command, next);
    next += BigInt(command.events.length);
  }
  return first;
}

function acceptedOutcome(accepted: Accepted, firstPosition: bigint, replayed: boolean): CommandOutcome {
  const { aggregateId, version, answer, events } = accepted;
  const sharded = events.map((event) => ({
    aggregateType: event.aggregateType,
    shard: shardOf(event.aggregateId),
  }));
  const positions = positionsOf(firstPosition, sharded);
  return { kind: 'accepted', aggregateId, version, answer, positions, replayed };
}

/** What a group's transaction is told from outside. */
export interface GroupContext {
  /** The trace context that a command's journal rows carry. */
  traceOf(command: Command): string;
  /**
   * The first events of each command whose COMMIT nobody saw end. If the log holds the command with one of these events, its
   * acceptance is this caller's own doing and no replay: the caller hears of it for the first time. Taken out once that was said.
   */
  readonly ours: WeakMap<Command, Set<string>>;
  /** What is known of how far the journal was: no position is drawn below that. */
  readonly journal: KnownJournal;
  /** How long to wait for each kind of rows that others hold; then the transaction fails. */
  readonly lockWaitMs: number;
  /** What more than one command may write together, in bytes of the request. */
  readonly maxGroupBytes: number;
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
  const { traceOf, ours, journal, lockWaitMs, onCommitted } = context;
  const begun = await begin(connection, all, lockWaitMs);
  const knownPosition = journal.position();
  const planned = { ...context, knownPosition };
  const plan = planWithin(begun.commands, begun, planned, connection.maxRequestBytes);
  const { commands, group } = plan;
  if (plan.isTooLarge) {
    await connection.query('ROLLBACK');
    return [{ kind: 'failed', error: tooLarge(connection.maxRequestBytes) }];
  }
  const replayed = group.decided.flatMap((decided): LoggedCommand[] => {
    const logged = decided.kind === 'replay' ? begun.claims.find(decided.requestId) : undefined;
    return logged ? [logged] : [];
  });
  const events = await eventsOfLogged(connection, replayed);
  let first: ReadonlyMap<Accepted, bigint> = new Map();
  if (group.accepted.length > 0) {
    const committed = await commit(connection, plan, planned);
    const appended = appendedEvents(group.accepted, committed, traceOf);
    journal.note(appended.events.at(-1)?.position ?? 0n);
    onCommitted?.(appended);
    first = firstPositions(group.accepted, committed.head);
  } else {
    await connection.query('ROLLBACK');
  }
  const toOutcome = (decided: Decided, index: number): CommandOutcome => {
    switch (decided.kind) {
      case 'accepted':
        return acceptedOutcome(decided, first.get(decided) ?? 0n, false);
      case 'repeat':
        return acceptedOutcome(decided.of, first.get(decided.of) ?? 0n, true);
      case 'replay': {
        const logged = begun.claims.find(decided.requestId);
        if (!logged) throw new Error('a replay without its row');
        const { aggregateId, version, answer } = logged;
        const { positions = new Map(), eventId = '' } = events.get(decided.requestId) ?? {};
        const [command] = commands.slice(index, index + 1);
        const isOwn = command !== undefined && ours.get(command)?.delete(eventId) === true;
        return { kind: 'accepted', aggregateId, version, answer, positions, replayed: !isOwn };
      }
      case 'conflict':
      case 'refused':
      case 'failed':
        return decided;
    }
  };
  return group.decided.map(toOutcome);
}
