import { setTimeout as pause } from 'node:timers/promises';
import { failureOf, type CallFailure } from '@meridian/client';

/** Waits out what passes by itself: a service that restarts, a store that is away, a full queue. */
export interface Patience {
  /**
   * Calls again, with the same request id, as long as the failure may pass; rejects with any other, or when patience ends. `passes`
   * names further failures that this call can wait out.
   */
  <T>(call: () => Promise<T>, passes?: (failure: CallFailure) => boolean): Promise<T>;
}

/** How patient an import is. */
export interface PatienceOptions {
  /** How long nothing at all may succeed. */
  readonly maxWithoutProgressMs?: number;
  /** Ends the patience: no call is made any more, and all reject with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told once whenever nothing succeeded for some seconds, with the failure. */
  readonly onWaiting?: ((failure: string) => void) | undefined;
}

const PASSING: ReadonlySet<string> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'CANCELLED',
]);
const MAX_PAUSE_MS = 1_000;
const TELL_AFTER_MS = 3_000;

/** Makes a patience that ends when nothing at all has succeeded for so long: two minutes unless said otherwise. */
export function createPatience(options: PatienceOptions = {}): Patience {
  const { maxWithoutProgressMs = 120_000, signal, onWaiting } = options;
  let lastSuccessMs = performance.now();
  let told = false;
  const failed = (error: unknown, passes?: (failure: CallFailure) => boolean) => {
    const failure = failureOf(error);
    const waitedMs = performance.now() - lastSuccessMs;
    if (!failure || waitedMs > maxWithoutProgressMs) throw error;
    if (!PASSING.has(failure.status) && !passes?.(failure)) throw error;
    if (told || waitedMs < TELL_AFTER_MS) return;
    told = true;
    onWaiting?.(`${failure.status}: ${failure.message}`);
  };
  return async (call, passes) => {
    for (let tries = 1; ; tries++) {
      signal?.throwIfAborted();
      try {
        const result = await call();
        lastSuccessMs = performance.now();
        told = false;
        return result;
      } catch (error) {
        failed(error, passes);
      }
      const longestMs = Math.min(MAX_PAUSE_MS, 50 * 2 ** Math.min(tries, 5));
      // eslint-disable-next-line no-restricted-syntax -- jitter: callers that failed together must not come back together
      await pause(longestMs * (0.5 + Math.random() / 2), undefined, signal ? { signal } : {});
    }
  };
}
