import { backoffMs, jitteredMs } from '@meridian/async';
import { StaleBatchError, type BatchControl } from '@meridian/messaging';

/** How a write is repeated. */
export interface PersistOptions {
  readonly control: BatchControl;
  /** The longest pause before the second try; it doubles up to maxPauseMs, and a random part of its second half is left out. */
  readonly firstPauseMs?: number;
  readonly maxPauseMs?: number;
  /** How long a try that has begun may go on after the partition is no longer ours. */
  readonly finishMs?: number;
  /** Whether one try is made all the same when the partition is no longer ours: what is written is true, whoever owns it. */
  readonly isOwed?: boolean;
  /** Told of every failed try. */
  onFailure(error: unknown, tries: number): void;
}

/**
 * Repeats idempotent work until it succeeds: a store that is away is waited for and nothing is skipped. The group is
 * kept by heartbeats meanwhile. Rejects only with StaleBatchError, when the partition is no longer ours or the process
 * stops. No further try is made then. A try that has begun may finish within `finishMs`, and then its signal is aborted.
 * What is half written, and recorded nowhere, comes to the next owner again, who may have other code.
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
      const longestMs = backoffMs(tries, { firstMs: firstPauseMs, longestMs: maxPauseMs });
      await pauseWhileBeating(longestMs / 2 + jitteredMs(longestMs / 2), control);
    }
  }
}

/** Longer than a write takes, and much shorter than a group waits for its members or a process may take to stop. */
const FINISH_MS = 5_000;
const BEAT_MS = 500;
const LOOK_MS = 100;

/** Waits, and keeps the group; ends early when the partition is no longer ours. */
export async function pauseWhileBeating(ms: number, control: BatchControl): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end && !control.isStale()) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(100, end - performance.now())));
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

/** A failed heartbeat says that the group is being rebalanced; isStale tells, and the batch ends by itself. */
async function beat(control: BatchControl): Promise<void> {
  try {
    await control.heartbeat();
  } catch {
    return;
  }
}
