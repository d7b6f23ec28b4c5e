import type { MysqlPool } from '@meridian/mysql';
import type { Command } from '../command/command.ts';
import type { RowKey } from '../command/row-key.ts';
import { createKnownJournal, JournalBehindError, type KnownJournal } from '../journal/known-journal.ts';
import { traceCommit } from './commit-trace.ts';
import { findHeldRows, waitForRow } from './held-rows.ts';
import { isolate, type GroupOutcome } from './isolate.ts';
import type { CommittedEvents } from './tail.ts';
import { rememberLostSessions, type Execution, type TryBounds } from './try-group.ts';

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
      const trace = traceCommit(commands);
      const startedAtMs = performance.now();
      const traceOf = (command: Command) => trace.traceparentOf(command);
      const context = { ...past, traceOf, journal, onCommitted, lockWaitMs, maxGroupBytes };
      const execution: Execution = { context, endsAtMs: startedAtMs + budgetMs };
      // The second half of the time is for finding out which commands hold the group up.
      const untilMs = startedAtMs + (commands.length === 1 ? budgetMs : budgetMs / 2);
      try {
        const outcomes = await isolate(commands, execution, { untilMs, probing: false }, bounds);
        trace.end(outcomes);
        return outcomes;
      } catch (error) {
        trace.fail(error);
        throw error;
      }
    },
    heldAmong: (rows, { waitFor, waitMs }) =>
      pool.withConnection(async (connection) => {
        const held = await findHeldRows(connection, rows);
        if (held.size < rows.size || !(await waitForRow(connection, waitFor, waitMs))) return held;
        return new Set([...held].filter((row) => row !== waitFor));
      }),
  };
}
