import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 5;

/** Waits until a count has risen, no longer than a while: who has nothing to do does nothing that could be hit. Says if it has. */
export async function rises(count: () => number, withinMs: number): Promise<boolean> {
  const before = count();
  const deadline = performance.now() + withinMs;
  while (count() === before && performance.now() < deadline) await pause(POLL_MS);
  return count() > before;
}
