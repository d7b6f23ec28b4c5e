import { setTimeout as pause } from 'node:timers/promises';

/**
 * Polls `condition` every `everyMs` until it is true or `timeoutMs` have passed. Resolves with whether it became true.
 * Rejects with the signal's reason when the signal aborts first, and with the error of `condition`.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs, everyMs = 50, signal }: { timeoutMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await condition()) return true;
    if (performance.now() >= deadlineMs) return false;
    await pause(everyMs, undefined, { signal });
  }
}
