import { bigintOf, dateOf, isConnectionLost, type MysqlConnection } from '@meridian/mysql';
import { shardOf } from '@meridian/kernel';
import {
  claimRequests,
  completeClaims,
  eventsOfLogged,
  positionsOf,
  releaseClaims,
  type Claims,
  type LoggedCommand,
} from './command-log.ts';
import type { Command, CommandOutcome } from './command.ts';
import { decideGroup, type Accepted, type Decided, type DecidedGroup } from './group.ts';
import { appendedEvents, appendEvents, APPENDED, moveHead, type CommittedEvents } from './journal.ts';
import { refuseBehind, type KnownJournal } from './known-journal.ts';
import { runScript, type Statement } from './script.ts';
import { lockStates, saveStates, type LockedState } from './state-tables.ts';

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

async function begin(
  connection: MysqlConnection,
  commands: readonly Command[],
  lockWaitMs: number,
): Promise<Begun> {
  const claim = claimRequests(commands, lockWaitMs);
  const lock = lockStates(commands, lockWaitMs);
  const start: Statement = { sql: 'START TRANSACTION', values: [] };
  const [, , , claimed, ...locks] = await runScript(connection, [
    start,
    ...claim.statements,
    ...lock.statements,
  ]);
  if (!claimed) throw new Error('the claims gave no result');
  return { claims: claim.read(claimed), locked: lock.read(locks) };
}

function unacceptedClaims(commands: readonly Command[], group: DecidedGroup, claims: Claims): string[] {
  const accepted = new Set(group.accepted.map(({ command }) => command.requestId.toLowerCase()));
  const ids = new Set(commands.map(({ requestId }) => requestId.toLowerCase()));
  return [...ids].filter((id) => !accepted.has(id) && !claims.find(id));
}

/**
 * Saves, draws positions and commits, all in one request: from the first statement that holds the head's lock to COMMIT the
 * server waits for nobody. Answers with the position before the group's first event, and when its events were recorded.
 */
async function commit(
  connection: MysqlConnection,
  { locked }: Begun,
  group: DecidedGroup,
  refused: readonly string[],
  { traceOf, journal }: Pick<GroupContext, 'traceOf' | 'journal'>,
): Promise<{ readonly head: bigint; readonly recordedAt: Date }> {
  const eventCount = group.accepted.reduce((sum, { events }) => sum + events.length, 0);
  const known = journal.position();
  const statements: Statement[] = [
    ...saveStates(locked, group.changed),
    ...releaseClaims(refused),
    moveHead(eventCount, known),
    appendEvents(group.accepted, traceOf),
    completeClaims(group.accepted),
    APPENDED,
    { sql: 'COMMIT', values: [] },
  ];
  try {
    const results = await runScript(connection, statements);
    const [head] = results.at(-2)?.rows ?? [];
    if (!head) throw new Error('the journal head gave no position');
    return { head: bigintOf(head, 'head'), recordedAt: dateOf(head, 'recorded_at') };
  } catch (error) {
    await refuseBehind(connection, journal, known, error);
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
  /** Told of what was committed, once it is and before anyone is answered. */
  readonly onCommitted?: ((committed: CommittedEvents) => void) | undefined;
}

/**
 * Runs a group of commands in one transaction of a connection that has none open, and answers once it is committed, or rolled
 * back because none was accepted. Throws whatever the database throws, with the transaction still open,
 * JournalBehindError when the database has lost what is known to be in the journal, and UnknownOutcomeError when the connection
 * went during COMMIT.
 */
export async function runGroup(
  connection: MysqlConnection,
  commands: readonly Command[],
  { traceOf, ours, journal, lockWaitMs, onCommitted }: GroupContext,
): Promise<readonly CommandOutcome[]> {
  const begun = await begin(connection, commands, lockWaitMs);
  const group = decideGroup(commands, begun.locked, begun.claims);
  const replayed = group.decided.flatMap((decided): LoggedCommand[] => {
    const logged = decided.kind === 'replay' ? begun.claims.find(decided.requestId) : undefined;
    return logged ? [logged] : [];
  });
  const events = await eventsOfLogged(connection, replayed);
  let first: ReadonlyMap<Accepted, bigint> = new Map();
  if (group.accepted.length > 0) {
    const refused = unacceptedClaims(commands, group, begun.claims);
    const committed = await commit(connection, begun, group, refused, { traceOf, journal });
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
