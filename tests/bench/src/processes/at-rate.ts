import { setTimeout as pause } from 'node:timers/promises';

const TICK_MS = 5;

/**
 * Begins work so often a second, however long it takes (an open loop), until it is enough. Resolves when all that was begun has
 * ended; rejects when some of it failed.
 */
export async function atRate(
  perSecond: number,
  isEnough: (begun: number) => boolean,
  work: () => Promise<void>,
): Promise<void> {
  const startedMs = performance.now();
  const underWay: Promise<void>[] = [];
  while (!isEnough(underWay.length)) {
    const due = ((performance.now() - startedMs) / 1_000) * perSecond;
    while (underWay.length < due && !isEnough(underWay.length)) {
      const begun = work();
      // Told by the wait for all at the end.
      begun.catch(() => undefined);
      underWay.push(begun);
    }
    await pause(TICK_MS);
  }
  await Promise.all(underWay);
}
