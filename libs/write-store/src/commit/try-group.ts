import { backoffMs, jitteredMs } from '@meridian/async';
import {
  isDuplicateKey,
  isLockWaitTimeout,
  isRetryable,
  PoolFullError,
  type MysqlPool,
} from '@meridian/mysql';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from '../command/command.ts';
import type { CommandOutcome } from '../command/outcome.ts';
import type { RowKey } from '../command/row-key.ts';
import { StoreBusyError, StoreUnavailableError } from '../command/store-errors.ts';
import { attemptGroup, type AttemptContext, type LostSessions } from './attempt-group.ts';
import { UnknownOutcomeError } from './send-tail.ts';

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
  { context, endsAtMs }: Execution,
  { untilMs, probing }: Patience,
  bounds: TryBounds,
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
    // The holder of the row is gone, or cannot be found.
    if (isLockWaitTimeout(error)) lockWaitMs *= 2;
    await wait(pauseMs);
  }
}
