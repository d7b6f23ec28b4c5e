import { setTimeout as wait } from 'node:timers/promises';

/**
 * Keeps the rounds of a consumer apart. A round is what the fetches of all brokers bring until the next round may begin. Batches
 * that are worked on beside the fetches may last longer.
 */
export interface Rounds {
  /** A batch of a round begins. */
  begin(): void;
  /**
   * Resolves when the next round may begin: so long after this one began. The first round after a quiet time is not
   * delayed, since nothing is waited for before a batch.
   */
  rest(): Promise<void>;
  /** Ends every rest, and lets none begin. */
  end(): void;
}

interface Clock {
  nowMs(): number;
  wait(ms: number, signal: AbortSignal): Promise<unknown>;
}

const CLOCK: Clock = {
  nowMs: () => performance.now(),
  wait: (ms, signal) => wait(ms, undefined, { signal }),
};

/** Rounds that begin `leastMs` apart at least. */
export function createRounds(leastMs: number, clock = CLOCK): Rounds {
  const ended = new AbortController();
  let nextMs = Number.NEGATIVE_INFINITY;
  return {
    begin() {
      const now = clock.nowMs();
      if (now >= nextMs) nextMs = now + leastMs;
    },
    async rest() {
      const leftMs = nextMs - clock.nowMs();
      if (leftMs <= 0 || ended.signal.aborted) return;
      // It rejects only when it is ended.
      await clock.wait(leftMs, ended.signal).catch(() => undefined);
    },
    end: () => ended.abort(),
  };
}
