import { backoffMs, jitteredMs } from '@meridian/async';
import {
  isDuplicateKey,
  isLockWaitTimeout,
  isPacketTooLarge,
  isRetryable,
  PoolFullError,
  type MysqlPool,
} from '@meridian/mysql';
import { setTimeout as wait } from 'node:timers/promises';
import { attemptGroup, type AttemptContext } from './attempt-group.ts';
import type { Command } from '../command/command.ts';
import type { CommandOutcome, HeldOutcome } from '../command/outcome.ts';
import { rowsOf, type RowKey } from '../command/row-key.ts';
import { traceCommit } from './commit-trace.ts';
import { findHeldRows, waitForRow } from './held-rows.ts';
import type { CommittedEvents } from '../journal/append.ts';
import { createKnownJournal, JournalBehindError, type KnownJournal } from '../journal/known-journal.ts';
import { rememberLostSessions, type LostSessions } from './lost-sessions.ts';
import { CommandTooLargeError, StoreBusyError, StoreUnavailableError } from '../command/store-errors.ts';
import { UnknownOutcomeError } from './send-tail.ts';

/** Runs groups of commands, each in one transaction. */
export interface UnitOfWork {
  /**
   * Runs commands in one transaction, in their order, and answers for each once it is committed. Deadlocks, lock time-outs and
   * races for a key roll the whole group back and decide it again, with a jittered pause, a bounded number of times; an error
   * that stays is isolated to the commands that cause it. Commands that would write too much for one request go in several
   * transactions; one that would alone fails with a CommandTooLargeError. A command that needs a row which others hold for longer than
   * `lockWaitMs` is set aside (outcome `held`), and the rest goes on without it. When the time is up before that, what is left
   * fails with a StoreBusyError: it changed nothing. A command of which one cannot say that fails with a StoreUnavailableError.
   * Safe to repeat: a request id is accepted once.
   * Throws StoreUnavailableError when MySQL cannot be reached; then any of the commands may have been accepted. Throws
   * JournalBehindError, and accepts none, when MySQL has lost what was known to be in the journal. Throws PoolFullError when others
   * of this process have all connections.
   */
  execute(commands: readonly Command[], patience?: ExecutePatience): Promise<readonly GroupOutcome[]>;
  /**
   * Which of these rows others hold. When they hold all of them, it waits for one, `waitFor`, in the queue of its lock, for `waitMs` at
   * most. It locks nothing beyond the call.
   */
  heldAmong(
    rows: ReadonlySet<RowKey>,
    patience: { readonly waitFor: RowKey; readonly waitMs: number },
  ): Promise<ReadonlySet<RowKey>>;
}

/** How a command of a group ended, or that it was set aside. */
export type GroupOutcome = CommandOutcome | HeldOutcome;

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
  /** How long after its start an execution may begin another attempt; one lasts as long as the pool lets it wait. */
  readonly budgetMs?: number;
  /** What is known of how far the journal was, shared with whoever else learns of it; its own commits alone when left out. */
  readonly journal?: KnownJournal;
  /**
   * What one transaction may write, in bytes of its request, unless a single command writes more. The server's max_allowed_packet
   * bounds it as well, and a single command too.
   */
  readonly maxGroupBytes?: number;
  /** Told of every roll-back that is tried again, for metrics; not of one after which commands were set aside. */
  readonly onRetry?: (cause: unknown, attempt: number) => void;
  /**
   * Told of what each transaction has added to the journal, in order of position, before its commands are answered. Not told of a
   * commit that nobody saw end.
   */
  readonly onCommitted?: (committed: CommittedEvents) => void;
}

const DEFAULT_LOCK_WAIT_MS = 250;

type Bounds = Required<Omit<UnitOfWorkOptions, 'onRetry' | 'onCommitted' | 'journal'>> &
  Pick<UnitOfWorkOptions, 'onRetry'> & { readonly lost: LostSessions };

/** One call of `execute`, whichever part of its commands is tried. */
interface Execution {
  readonly context: AttemptContext;
  readonly endsAtMs: number;
}

/** How long to try the same commands, and whether only to find out who is held up. */
interface Patience {
  readonly untilMs: number;
  readonly probing: boolean;
}

type Persisted =
  | { readonly outcomes: readonly CommandOutcome[] }
  | { readonly error: unknown; readonly held?: ReadonlySet<RowKey> | undefined };

/** Makes a unit of work over a pool. */
export function createUnitOfWork(options: UnitOfWorkOptions): UnitOfWork {
  const { pool, maxAttempts = 5, retryDelayMs = 10, budgetMs = 20_000, onCommitted } = options;
  const { journal = createKnownJournal(), maxGroupBytes = 8 * 1024 * 1024 } = options;
  const defaults = { maxAttempts, retryDelayMs, budgetMs, maxGroupBytes };
  const bounds: Bounds = { ...options, ...defaults, lost: rememberLostSessions() };
  // Of commands, not of executions: a command that was set aside is executed again.
  const past = { ours: new WeakMap<Command, Set<string>>(), undecided: new WeakSet<Command>() };
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
      // The other half is there to find out, when a group is held up, by which of its commands.
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

/** Sets aside who needs held rows, and halves a group whose error stays until the error is alone with its command, or time is up. */
async function isolate(
  commands: readonly Command[],
  execution: Execution,
  patience: Patience,
  bounds: Bounds,
): Promise<readonly GroupOutcome[]> {
  const result = await persist(commands, execution, patience, bounds);
  if ('outcomes' in result) return withTheRest(commands, result.outcomes, { execution, patience, bounds });
  const { error, held } = result;
  if (held) return setAside(commands, held, error, { execution, patience, bounds });
  if (commands.length === 1 || performance.now() >= execution.endsAtMs) {
    const isOwn = commands.length === 1 && !isRetryable(error);
    return commands.map((command) => ({ kind: 'failed', error: failure(command, error, isOwn, execution) }));
  }
  const half = Math.ceil(commands.length / 2);
  const next = { untilMs: execution.endsAtMs, probing: isRetryable(error) };
  const before = await isolate(commands.slice(0, half), execution, next, bounds);
  return [...before, ...(await isolate(commands.slice(half), execution, next, bounds))];
}

/** Goes on with those that did not fit into one request, about as many at a time as did. */
async function withTheRest(
  commands: readonly Command[],
  outcomes: readonly CommandOutcome[],
  { execution, patience, bounds }: { execution: Execution; patience: Patience; bounds: Bounds },
): Promise<readonly GroupOutcome[]> {
  const all: GroupOutcome[] = [...outcomes];
  while (all.length < commands.length) {
    const next = commands.slice(all.length, all.length + 2 * outcomes.length);
    all.push(...(await isolate(next, execution, patience, bounds)));
  }
  return all;
}

/** Goes on without those that need held rows; at least one does. */
async function setAside(
  commands: readonly Command[],
  held: ReadonlySet<RowKey>,
  cause: unknown,
  { execution, patience, bounds }: { execution: Execution; patience: Patience; bounds: Bounds },
): Promise<readonly GroupOutcome[]> {
  const heldOf = new Map(
    commands.map((command) => [command, rowsOf(command).filter((row) => held.has(row))]),
  );
  const free = commands.filter((command) => heldOf.get(command)?.length === 0);
  const outcomes = free.length > 0 ? await isolate(free, execution, patience, bounds) : [];
  const outcomeOf = new Map(free.map((command, index) => [command, outcomes[index]]));
  return commands.map((command): GroupOutcome => {
    const outcome = outcomeOf.get(command);
    if (outcome) return outcome;
    const rows = heldOf.get(command) ?? [];
    return { kind: 'held', rows, error: failure(command, cause, false, execution) };
  });
}

function failure(command: Command, cause: unknown, isOwn: boolean, { context }: Execution): unknown {
  if (context.undecided.has(command))
    return new StoreUnavailableError(
      'the connection was lost during COMMIT, and what came of it is not known',
      {
        cause,
      },
    );
  if (isPacketTooLarge(cause))
    return new CommandTooLargeError('the server takes no request as large as the command needs', { cause });
  if (isOwn || cause instanceof StoreBusyError) return cause;
  return new StoreBusyError('others hold what the command needs', { cause });
}

/** Tries a group until it is committed, an error stays, or others hold rows that it needs. */
async function persist(
  commands: readonly Command[],
  { context, endsAtMs }: Execution,
  { untilMs, probing }: Patience,
  bounds: Bounds,
): Promise<Persisted> {
  const { pool, maxAttempts, retryDelayMs, onRetry } = bounds;
  if (performance.now() >= endsAtMs) return { error: new StoreBusyError('the database did not get to it') };
  let { lockWaitMs } = context;
  for (let attempt = 1; ; attempt++) {
    const tried = { ...context, lockWaitMs };
    const result = await attemptGroup(commands, { pool, lost: bounds.lost, context: tried, probing });
    if ('outcomes' in result) return result;
    if ('held' in result && result.held?.size) return result;
    const isAway = 'away' in result;
    const error = isAway ? result.away : result.error;
    const isFull = error instanceof PoolFullError;
    if (!isAway && !isFull && !isRetryable(error) && !isDuplicateKey(error)) return { error };
    const firstMs = isAway ? 10 * retryDelayMs : retryDelayMs;
    const pauseMs = jitteredMs(backoffMs(attempt, { firstMs }));
    const isHeldUp = probing && isLockWaitTimeout(error);
    // Three times in a row is no accident: something on the way may not take a request of that size.
    const isRepelled = error instanceof UnknownOutcomeError && attempt === 3 && commands.length > 1;
    if (isRepelled) return { error };
    if (attempt === maxAttempts || isHeldUp || performance.now() + pauseMs >= untilMs) {
      if (isFull) throw error;
      if (isAway) throw new StoreUnavailableError('the database does not answer', { cause: error });
      return { error };
    }
    onRetry?.(error, attempt);
    // Nobody holds a row any more, or nobody can see who does.
    if (isLockWaitTimeout(error)) lockWaitMs *= 2;
    await wait(pauseMs);
  }
}
