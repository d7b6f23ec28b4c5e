import {
  isConnectionLost,
  isDuplicateKey,
  isNoSuchConnection,
  isRetryable,
  type MysqlConnection,
  type MysqlPool,
} from '@meridian/mysql';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command, CommandOutcome } from './command.ts';
import { traceCommit, type CommitTrace } from './commit-trace.ts';
import { runGroup, UnknownOutcomeError } from './transaction.ts';

/** Runs groups of commands, each in one transaction. */
export interface UnitOfWork {
  /**
   * Runs commands in one transaction, in their order, and answers for each once it is committed. Deadlocks, lock time-outs and
   * races for a key roll the whole group back and decide it again, with a jittered pause, a bounded number of times; an error
   * that stays is isolated to the commands that cause it. Safe to repeat: a request id is accepted once.
   * Throws StoreUnavailableError when MySQL cannot be reached; then any of the commands may have been accepted.
   */
  execute(commands: readonly Command[]): Promise<readonly CommandOutcome[]>;
}

/** What a unit of work needs, and its bounds. */
export interface UnitOfWorkOptions {
  readonly pool: MysqlPool;
  /** How often a group is tried before an error counts as one that stays. */
  readonly maxAttempts?: number;
  /** The longest pause before the second attempt; it doubles with each, and the real pause is a random part of it. */
  readonly retryDelayMs?: number;
  /** Told of every roll-back that is tried again, for metrics. */
  readonly onRetry?: (cause: unknown, attempt: number) => void;
}

/** MySQL cannot be reached, or went away and did not come back in time. Asking again with the same request id is safe. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

type Attempt =
  | { readonly outcomes: readonly CommandOutcome[] }
  /** The transaction was rolled back. */
  | { readonly error: unknown };

type Bounds = Required<Omit<UnitOfWorkOptions, 'onRetry'>> & Pick<UnitOfWorkOptions, 'onRetry'>;

/** Makes a unit of work over a pool. */
export function createUnitOfWork(options: UnitOfWorkOptions): UnitOfWork {
  const bounds: Bounds = { maxAttempts: 5, retryDelayMs: 10, ...options };

  /** Halves a group whose error stays until the error is alone with its command. */
  async function isolate(
    commands: readonly Command[],
    trace: CommitTrace,
  ): Promise<readonly CommandOutcome[]> {
    const result = await persist(commands, trace, bounds);
    if ('outcomes' in result) return result.outcomes;
    if (commands.length === 1) return [{ kind: 'failed', error: result.error }];
    const half = Math.ceil(commands.length / 2);
    const before = await isolate(commands.slice(0, half), trace);
    return [...before, ...(await isolate(commands.slice(half), trace))];
  }

  return {
    async execute(commands) {
      if (commands.length === 0) return [];
      const trace = traceCommit(commands);
      try {
        const outcomes = await isolate(commands, trace);
        trace.end(outcomes);
        return outcomes;
      } catch (error) {
        trace.fail(error);
        throw error;
      }
    },
  };
}

/** Tries a group until it is committed or an error stays. */
async function persist(commands: readonly Command[], trace: CommitTrace, bounds: Bounds): Promise<Attempt> {
  const { pool, maxAttempts, retryDelayMs, onRetry } = bounds;
  let lostConnectionId: number | undefined;
  const underWay = new Set<Command>();
  for (let attempt = 1; ; attempt++) {
    let error: unknown;
    try {
      const result = await pool.withConnection(async (connection) => {
        if (lostConnectionId !== undefined) await endConnection(connection, lostConnectionId);
        lostConnectionId = undefined;
        return attemptGroup(connection, commands, trace);
      });
      if ('outcomes' in result) return { outcomes: firstAnswers(commands, result.outcomes, underWay) };
      error = result.error;
      if (!isRetryable(error) && !isDuplicateKey(error)) return { error };
    } catch (caught) {
      if (caught instanceof UnknownOutcomeError) {
        lostConnectionId = caught.connectionId;
        for (const command of caught.accepted) underWay.add(command);
      } else if (!isConnectionLost(caught)) throw caught;
      error = caught;
    }
    const away = error instanceof UnknownOutcomeError || isConnectionLost(error);
    if (attempt === maxAttempts) {
      if (away) throw new StoreUnavailableError('the database does not answer', { cause: error });
      return { error };
    }
    onRetry?.(error, attempt);
    await pause(attempt, away ? 10 * retryDelayMs : retryDelayMs);
  }
}

function pause(attempt: number, longestMs: number): Promise<void> {
  // eslint-disable-next-line no-restricted-syntax -- jitter: two replicas that met must not meet again
  return wait(Math.random() * longestMs * 2 ** (attempt - 1));
}

async function attemptGroup(
  connection: MysqlConnection,
  commands: readonly Command[],
  trace: CommitTrace,
): Promise<Attempt> {
  try {
    return { outcomes: await runGroup(connection, commands, (command) => trace.traceparentOf(command)) };
  } catch (error) {
    if (error instanceof UnknownOutcomeError || isConnectionLost(error)) throw error;
    await connection.query('ROLLBACK');
    return { error };
  }
}

/**
 * Ends a connection whose COMMIT nobody saw end. After that it starts no further statement; one that had begun to commit
 * still holds the locks of its claims, so whoever claims them next waits for it and then sees what it did.
 */
async function endConnection(connection: MysqlConnection, id: number): Promise<void> {
  try {
    await connection.query(`KILL CONNECTION ${id}`);
  } catch (error) {
    if (!isNoSuchConnection(error)) throw error;
  }
}

/** What the log holds after a lost COMMIT is this group's own doing: its callers hear of it for the first time. */
function firstAnswers(
  commands: readonly Command[],
  outcomes: readonly CommandOutcome[],
  underWay: ReadonlySet<Command>,
): readonly CommandOutcome[] {
  if (underWay.size === 0) return outcomes;
  return outcomes.map((outcome, index) => {
    const command = commands[index];
    const ours = command !== undefined && underWay.has(command);
    return ours && outcome.kind === 'accepted' ? { ...outcome, replayed: false } : outcome;
  });
}
