import { backoffMs, jitteredMs } from '@meridian/async';
import {
  endSession,
  isConnectionLost,
  isDuplicateKey,
  isLockWaitTimeout,
  isPacketTooLarge,
  isRetryable,
  PoolFullError,
  type MysqlConnection,
  type MysqlPool,
} from '@meridian/mysql';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from '../command/command.ts';
import type { CommandOutcome } from '../command/outcome.ts';
import { rowsOf, type RowKey } from '../command/row-key.ts';
import { StoreBusyError, StoreUnavailableError } from '../command/store-errors.ts';
import { JournalBehindError } from '../journal/known-journal.ts';
import { findHeldRows } from './held-rows.ts';
import { runGroup, UnknownOutcomeError, type GroupContext } from './transaction.ts';

/** Sessions whose connection was lost with a transaction open, until they are ended on the server. */
export interface LostSessions {
  /** Remembers a session. Of more than 16 sessions, the oldest is left to the idle time-out of the server. */
  add(session: string): void;
  /** Ends all remembered sessions, over another connection. */
  end(connection: MysqlConnection): Promise<void>;
}

/** What one attempt leaves to the next attempts at the same commands. */
export interface AttemptContext extends GroupContext {
  /** Commands with an attempt whose COMMIT had no visible end. */
  readonly unknownOutcomes: WeakSet<Command>;
}

/** Where to try groups, and how often. */
export interface TryBounds {
  readonly pool: MysqlPool;
  readonly lost: LostSessions;
  readonly maxAttempts: number;
  /** The longest pause before the second attempt; it doubles with each, and the real pause is a random part of it. */
  readonly retryDelayMs: number;
  readonly onRetry: ((cause: unknown, attempt: number) => void) | undefined;
}

/** One call of `execute`, whichever part of its commands is tried. */
export interface Execution {
  readonly context: AttemptContext;
  readonly bounds: TryBounds;
  readonly endsAtMs: number;
}

/** How long to try the same commands, and whether only to find out who is held up. */
export interface Patience {
  readonly untilMs: number;
  readonly probing: boolean;
}

/** How trying ended: with outcomes, or with an error that stays and the rows that others held then. */
export type Tried =
  | { readonly outcomes: readonly CommandOutcome[] }
  | { readonly error: unknown; readonly held?: ReadonlySet<RowKey> | undefined };

/** Tries a group until it is committed, an error stays, or others hold rows that it needs. */
export async function tryGroup(
  commands: readonly Command[],
  { context, bounds, endsAtMs }: Execution,
  { untilMs, probing }: Patience,
): Promise<Tried> {
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
    // Three lost COMMITs in a row are no accident: something on the way may not take a request of that size.
    const isRepelled = error instanceof UnknownOutcomeError && attempt === 3 && commands.length > 1;
    if (isRepelled) return { error };
    if (attempt === maxAttempts || isHeldUp || performance.now() + pauseMs >= untilMs) {
      if (isFull) throw error;
      if (isAway) throw new StoreUnavailableError('the database does not answer', { cause: error });
      return { error };
    }
    onRetry?.(error, attempt);
    // No held row was found: its holder is gone, or cannot be seen.
    if (isLockWaitTimeout(error)) lockWaitMs *= 2;
    await wait(pauseMs);
  }
}

/** How one transaction of a group ended. */
type Attempt =
  | { readonly outcomes: readonly CommandOutcome[] }
  /** The group was rolled back. `held` are the rows that others held just after the group's wait for a lock had timed out. */
  | { readonly error: unknown; readonly held?: ReadonlySet<RowKey> }
  /** MySQL could not be reached, or the connection was lost. */
  | { readonly away: unknown };

/** Where to attempt, and how patiently. */
interface AttemptOptions {
  readonly pool: MysqlPool;
  readonly lost: LostSessions;
  readonly context: AttemptContext;
  /** Waits for a lock for a second at most, to find out which commands are held up. */
  readonly probing: boolean;
}

/** Runs a group in one transaction, once. Throws only errors that have nothing to do with the group itself. */
async function attemptGroup(
  commands: readonly Command[],
  { pool, lost, context, probing }: AttemptOptions,
): Promise<Attempt> {
  try {
    return await pool.withConnection(async (connection) => {
      // A lost session may still hold row locks, or its COMMIT may still arrive. It is killed before the retry: otherwise the outcome
      // that the retry reads could change later.
      await lost.end(connection);
      try {
        return probing
          ? await withShortLockWait(connection, () => runOrRollBack(connection, commands, context))
          : await runOrRollBack(connection, commands, context);
      } catch (error) {
        lost.add(connection.session);
        throw error;
      }
    });
  } catch (error) {
    if (isPacketTooLarge(error)) return { error };
    if (error instanceof UnknownOutcomeError) remember(error, context);
    else if (error instanceof PoolFullError) return { error };
    else if (!isConnectionLost(error)) throw error;
    return { away: error };
  }
}

async function runOrRollBack(
  connection: MysqlConnection,
  commands: readonly Command[],
  context: AttemptContext,
): Promise<Attempt> {
  try {
    return { outcomes: await runGroup(connection, commands, context) };
  } catch (error) {
    // A server that refuses a request for its size closes the connection as well.
    if (error instanceof UnknownOutcomeError || isConnectionLost(error) || isPacketTooLarge(error))
      throw error;
    await connection.query('ROLLBACK');
    // To halve the group would not help: each half would meet the same journal.
    if (error instanceof JournalBehindError) throw error;
    if (!isLockWaitTimeout(error)) return { error };
    return { error, held: await findHeldRows(connection, new Set(commands.flatMap(rowsOf))) };
  }
}

async function withShortLockWait<T>(connection: MysqlConnection, use: () => Promise<T>): Promise<T> {
  await connection.query(
    'SET @lock_wait = @@SESSION.innodb_lock_wait_timeout, SESSION innodb_lock_wait_timeout = 1',
  );
  // When `use` throws, the connection is closed, and the shorter wait goes with it.
  const result = await use();
  await connection.query('SET SESSION innodb_lock_wait_timeout = @lock_wait');
  return result;
}

function remember({ accepted }: UnknownOutcomeError, { ownEventIds, unknownOutcomes }: AttemptContext): void {
  for (const { command, events } of accepted) {
    unknownOutcomes.add(command);
    const [first] = events;
    if (!first) continue;
    const known = ownEventIds.get(command);
    if (known) known.add(first.eventId);
    else ownEventIds.set(command, new Set([first.eventId]));
  }
}

const MAX_SESSIONS = 16;

/** An empty list of lost sessions. */
export function rememberLostSessions(): LostSessions {
  const lost = new Set<string>();
  return {
    add(session) {
      lost.add(session);
      const [oldest] = lost;
      if (lost.size > MAX_SESSIONS && oldest !== undefined) lost.delete(oldest);
    },
    async end(connection) {
      for (const session of [...lost]) {
        await endSession(connection, session);
        lost.delete(session);
      }
    },
  };
}
