import { setTimeout as pause } from 'node:timers/promises';

const TICK_MS = 5;

/**
 * Begins work at an even rate, however long each piece takes (an open loop), until `isEnough`. Resolves when all pieces
 * have ended; rejects when a piece failed.
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
      // The wait for all pieces at the end reports this failure.
      begun.catch(() => undefined);
      underWay.push(begun);
    }
    await pause(TICK_MS);
  }
  await Promise.all(underWay);
}
