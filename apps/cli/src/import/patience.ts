import { setTimeout as pause } from 'node:timers/promises';
import { failureOf } from '@meridian/client';

/** Waits out what passes by itself: a service that restarts, a store that is away, a full queue. */
export interface Patience {
  /** Calls again, with the same request id, as long as the failure may pass; rejects with any other, or when patience ends. */
  <T>(call: () => Promise<T>): Promise<T>;
}

const PASSING: ReadonlySet<string> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'CANCELLED',
]);

/** Makes a patience that ends when nothing at all has succeeded for so long. */
export function createPatience(maxWithoutProgressMs = 120_000): Patience {
  let lastSuccess = Date.now();
  return async (call) => {
    for (let tries = 1; ; tries++) {
      try {
        const result = await call();
        lastSuccess = Date.now();
        return result;
      } catch (error) {
        const status = failureOf(error)?.status ?? '';
        if (!PASSING.has(status) || Date.now() - lastSuccess > maxWithoutProgressMs) throw error;
        // eslint-disable-next-line no-restricted-syntax -- jitter: callers that failed together must not come back together
        await pause(Math.min(1_000, 50 * 2 ** Math.min(tries, 5)) * (0.5 + Math.random() / 2));
      }
    }
  };
}
