import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 5;

/**
 * Waits until a count has risen, but no longer than `withinMs`, and says whether it has. A fault hits only a process that
 * works: an idle process shows nothing.
 */
export async function rises(count: () => number, withinMs: number): Promise<boolean> {
  const before = count();
  const deadline = performance.now() + withinMs;
  while (count() === before && performance.now() < deadline) await pause(POLL_MS);
  return count() > before;
}
