import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 100;
/** A backlog without progress for this long has no process that works on it. */
const STANDS_STILL_MS = 60_000;

/** Looks again and again; resolves when nothing is left. Rejects after a minute without progress. */
export async function noneLeft(what: string, count: () => Promise<bigint>, pauseMs = POLL_MS): Promise<void> {
  let least = await count();
  let sinceMs = performance.now();
  while (least > 0n) {
    await pause(pauseMs);
    const left = await count();
    const nowMs = performance.now();
    if (left < least) [least, sinceMs] = [left, nowMs];
    else if (nowMs - sinceMs > STANDS_STILL_MS)
      throw new Error(`${left} events are left ${what}, and none was done for ${STANDS_STILL_MS / 1_000} s`);
  }
}
