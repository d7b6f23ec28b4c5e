import { isPacketTooLarge, isRetryable, type MysqlPool } from '@meridian/mysql';
import type { Command } from '../command/command.ts';
import type { CommandOutcome, GroupOutcome } from '../command/outcome.ts';
import { rowsOf, type RowKey } from '../command/row-key.ts';
import { CommandTooLargeError, StoreBusyError, StoreUnavailableError } from '../command/store-errors.ts';
import { createKnownJournal, JournalBehindError, type KnownJournal } from '../journal/known-journal.ts';
import { traceCommit } from './commit-trace.ts';
import { findHeldRows, waitForRow } from './held-rows.ts';
import type { CommittedEvents } from './tail.ts';
import {
  rememberLostSessions,
  tryGroup,
  type Execution,
  type Patience,
  type TryBounds,
} from './try-group.ts';

/** Runs groups of commands, each in one transaction. */
export interface UnitOfWork {
  /**
   * Runs commands in one transaction, in their order, and answers for each once it is committed. Safe to repeat: a request id is
   * accepted once.
   *
   * | what happens                                          | what follows                                                              |
   * | ----------------------------------------------------- | ------------------------------------------------------------------------- |
   * | a deadlock, a lock time-out, a race for a key         | the whole group is rolled back and decided again, a bounded number of times |
   * | an error that stays                                   | the commands that cause it fail; the others go on                         |
   * | too much for one request                              | several transactions; a command that is too large alone fails with CommandTooLargeError |
   * | a row that others hold for longer than `lockWaitMs`   | the commands that need the row are set aside (outcome `held`)             |
   * | the time is up                                        | the commands that are left fail with StoreBusyError, and changed nothing  |
   * | a COMMIT whose end nobody saw, and the time is up     | its commands fail with StoreUnavailableError: they may have been accepted |
   *
   * Throws StoreUnavailableError when MySQL cannot be reached; then any of the commands may have been accepted. Throws
   * JournalBehindError, and accepts none, when MySQL has lost events that were known to be in the journal. Throws PoolFullError when
   * the rest of this process has all connections.
   */
  execute(commands: readonly Command[], patience?: ExecutePatience): Promise<readonly GroupOutcome[]>;
  /**
   * Which of these rows others hold. When others hold all of them, the call waits for the row `waitFor`, in the queue of its lock, for
   * `waitMs` at most. No lock outlives the call.
   */
  heldAmong(
    rows: ReadonlySet<RowKey>,
    patience: { readonly waitFor: RowKey; readonly waitMs: number },
  ): Promise<ReadonlySet<RowKey>>;
}

/** How long an execution may wait for rows. */
export interface ExecutePatience {
  /** How long to wait for rows that others hold before the commands that need them are set aside; a quarter of a second. */
  readonly lockWaitMs?: number;
}

/** What a unit of work needs, and its bounds. */
export interface UnitOfWorkOptions {
  readonly pool: MysqlPool;
  /** How often a group is tried before an error counts as one that stays. */
  readonly maxAttempts?: number;
  /** The longest pause before the second attempt; it doubles with each, and the real pause is a random part of it. */
  readonly retryDelayMs?: number;
  /** How long after its start an execution may begin another attempt. An attempt lasts as long as the pool lets it wait. */
  readonly budgetMs?: number;
  /** What this process knows of the journal's head. When left out, only the unit's own commits are known. */
  readonly journal?: KnownJournal;
  /**
   * What one transaction may write, in bytes of its request. A single command may write more. The server's max_allowed_packet
   * bounds both.
   */
  readonly maxGroupBytes?: number;
  /** Told of every roll-back after which the group is tried again, for metrics. Not told when commands are set aside. */
  readonly onRetry?: (cause: unknown, attempt: number) => void;
  /**
   * Told of what each transaction has added to the journal, in order of position, before its commands are answered. Not told of a
   * commit that nobody saw end.
   */
  readonly onCommitted?: (committed: CommittedEvents) => void;
}

const DEFAULT_LOCK_WAIT_MS = 250;

/** A unit of work over a pool. It holds a connection only while it works. */
export function createUnitOfWork(options: UnitOfWorkOptions): UnitOfWork {
  const { pool, maxAttempts = 5, retryDelayMs = 10, budgetMs = 20_000, onCommitted } = options;
  const { journal = createKnownJournal(), maxGroupBytes = 8 * 1024 * 1024 } = options;
  const { onRetry } = options;
  const bounds: TryBounds = { pool, maxAttempts, retryDelayMs, onRetry, lost: rememberLostSessions() };
  // Kept per command, not per execution: a command that was set aside is executed again.
  const past = { ownEventIds: new WeakMap<Command, Set<string>>(), unknownOutcomes: new WeakSet<Command>() };
  return {
    async execute(commands, { lockWaitMs = DEFAULT_LOCK_WAIT_MS } = {}) {
      if (commands.length === 0) return [];
      const behind = journal.behind();
      if (behind) throw new JournalBehindError(behind);
      const startedAtMs = performance.now();
      // The second half of the time is for finding out which commands hold the group up.
      const untilMs = startedAtMs + (commands.length === 1 ? budgetMs : budgetMs / 2);
      return traceCommit(commands, (traceOf) => {
        const context = { ...past, traceOf, journal, onCommitted, lockWaitMs, maxGroupBytes };
        const execution: Execution = { context, bounds, endsAtMs: startedAtMs + budgetMs };
        return isolate(commands, execution, { untilMs, probing: false });
      });
    },
    heldAmong: (rows, { waitFor, waitMs }) =>
      pool.withConnection(async (connection) => {
        const held = await findHeldRows(connection, rows);
        if (held.size < rows.size || !(await waitForRow(connection, waitFor, waitMs))) return held;
        return new Set([...held].filter((row) => row !== waitFor));
      }),
  };
}

/**
 * Runs a group to its end. Commands that need held rows are set aside. A group whose error stays is halved, until the error is alone
 * with its command or the time is up.
 */
async function isolate(
  commands: readonly Command[],
  execution: Execution,
  patience: Patience,
): Promise<readonly GroupOutcome[]> {
  const result = await tryGroup(commands, execution, patience);
  if ('outcomes' in result) {
    const { outcomes } = result;
    if (outcomes.length === commands.length) return outcomes;
    return withTheRest(commands, outcomes, execution, patience);
  }
  const { error, held } = result;
  if (held) return setAside(commands, { held, error }, execution, patience);
  if (commands.length === 1 || performance.now() >= execution.endsAtMs) {
    const isOwn = commands.length === 1 && !isRetryable(error);
    return commands.map((command) => ({ kind: 'failed', error: failure(command, error, isOwn, execution) }));
  }
  const half = Math.ceil(commands.length / 2);
  const next = { untilMs: execution.endsAtMs, probing: isRetryable(error) };
  const before = await isolate(commands.slice(0, half), execution, next);
  return [...before, ...(await isolate(commands.slice(half), execution, next))];
}

/** Goes on with the commands that did not fit into one request, about as many at a time as did fit. */
async function withTheRest(
  commands: readonly Command[],
  outcomes: readonly CommandOutcome[],
  execution: Execution,
  patience: Patience,
): Promise<readonly GroupOutcome[]> {
  const all: GroupOutcome[] = [...outcomes];
  while (all.length < commands.length) {
    const next = commands.slice(all.length, all.length + 2 * outcomes.length);
    all.push(...(await isolate(next, execution, patience)));
  }
  return all;
}

/** Goes on without the commands that need held rows. At least one command does. */
async function setAside(
  commands: readonly Command[],
  { held, error }: { readonly held: ReadonlySet<RowKey>; readonly error: unknown },
  execution: Execution,
  patience: Patience,
): Promise<readonly GroupOutcome[]> {
  const heldOf = new Map(
    commands.map((command) => [command, rowsOf(command).filter((row) => held.has(row))]),
  );
  const free = commands.filter((command) => heldOf.get(command)?.length === 0);
  const outcomes = free.length > 0 ? await isolate(free, execution, patience) : [];
  const outcomeOf = new Map(free.map((command, index) => [command, outcomes[index]]));
  return commands.map((command): GroupOutcome => {
    const outcome = outcomeOf.get(command);
    if (outcome) return outcome;
    const rows = heldOf.get(command) ?? [];
    return { kind: 'held', rows, error: failure(command, error, false, execution) };
  });
}

function failure(command: Command, cause: unknown, isOwn: boolean, { context }: Execution): unknown {
  if (context.unknownOutcomes.has(command))
    return new StoreUnavailableError(
      'the connection was lost during COMMIT, and what came of it is not known',
      { cause },
    );
  if (isPacketTooLarge(cause))
    return new CommandTooLargeError('the server takes no request as large as the command needs', { cause });
  if (isOwn || cause instanceof StoreBusyError) return cause;
  return new StoreBusyError('others hold what the command needs', { cause });
}
