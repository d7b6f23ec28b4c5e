import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks `condition` every `everyMs` until it is true or `timeoutMs` have passed, and says which. Rejects with the
 * signal's reason when that aborts first, and with what `condition` throws.
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
