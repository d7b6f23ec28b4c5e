import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, equalJitterMs } from '@meridian/async';
import { StaleBatchError, type BatchControl } from '@meridian/messaging';

/** How a write is repeated. */
export interface PersistOptions {
  readonly control: BatchControl;
  /** The longest pause before the second try. It doubles up to maxPauseMs. A random part of its second half is left out. */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
  /** How long a try that has begun may go on after the partition is no longer ours. */
  readonly finishMs?: number;
  /** Whether one try is made even if another process owns the partition by now. For writes that are true whoever owns it. */
  readonly isOwed?: boolean;
  /** Told of every failed try. */
  onFailure(error: unknown, tries: number): void;
}

/**
 * Repeats idempotent work until it succeeds: the work waits for a store that is away, and nothing is skipped.
 * Heartbeats keep this process in its group meanwhile. Rejects only with StaleBatchError, when the partition is no
 * longer ours or the process stops. No further try begins then. A try that has begun may finish within `finishMs`;
 * after that, its signal is aborted. Half-written work is recorded nowhere. So the next owner, which may run other
 * code, gets the same events again.
 */
export async function persist(
  work: (signal: AbortSignal) => Promise<void>,
  options: PersistOptions,
): Promise<void> {
  const { control, firstPauseMs = 50, maxPauseMs = 2_000, finishMs = FINISH_MS, isOwed = false } = options;
  const { onFailure } = options;
  for (let tries = 1; ; tries++) {
    if (control.isStale() && !(isOwed && tries === 1))
      throw new StaleBatchError('the partition is no longer ours');
    try {
      return await whileBeating(work, control, finishMs);
    } catch (error) {
      if (error instanceof StaleBatchError) throw error;
      onFailure(error, tries);
      const pauseMs = backoffMs(tries, { firstMs: firstPauseMs, longestMs: maxPauseMs });
      await pauseWhileBeating(equalJitterMs(pauseMs), control);
    }
  }
}

/** The control of work outside of a group's batches. The work may go on until the signal is aborted. */
export const controlUntil = (signal: AbortSignal): BatchControl => ({
  heartbeat: () => Promise.resolve(),
  isStale: () => signal.aborted,
  goOnAt: () => undefined,
  goOn: () => undefined,
});

/** Longer than a write takes. Much shorter than a group waits for its members, or than a process may take to stop. */
const FINISH_MS = 5_000;
const BEAT_MS = 500;
const LOOK_MS = 100;

/** Waits, while heartbeats keep this process in its group. Ends early when the partition is no longer ours. */
export async function pauseWhileBeating(ms: number, control: BatchControl): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end && !control.isStale()) {
    await pause(Math.min(LOOK_MS, end - performance.now()));
    await beat(control);
  }
}

async function whileBeating(
  work: (signal: AbortSignal) => Promise<void>,
  control: BatchControl,
  finishMs: number,
): Promise<void> {
  const over = new AbortController();
  let staleAtMs: number | undefined;
  const beats = setInterval(() => void beat(control), BEAT_MS);
  const looks = setInterval(() => {
    if (!control.isStale()) return;
    staleAtMs ??= performance.now();
    if (performance.now() - staleAtMs >= finishMs)
      over.abort(new StaleBatchError('the partition is no longer ours'));
  }, LOOK_MS);
  try {
    await work(over.signal);
  } finally {
    clearInterval(beats);
    clearInterval(looks);
  }
}

/** A heartbeat fails when the group is being rebalanced. Then `isStale` says so, and the batch ends by itself. */
async function beat(control: BatchControl): Promise<void> {
  try {
    await control.heartbeat();
  } catch {
    return;
  }
}
