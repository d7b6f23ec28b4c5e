import { createHash } from 'node:crypto';

/** What a round of computing and the filling of the memory below take on the machine for which the limits of tests were chosen. */
const USUAL_ROUND_MS = 40;
const USUAL_FILL_MS = 900;
const ROUNDS = 25;
const ENTRIES = 2_000_000;
/** A moment may be far slower than the run. A limit must still end what hangs before the run itself is ended. */
const MOST = 4;

/**
 * How many times longer fixed pieces of work take here and now than on the usual machine, four at most. 1 is as fast. 2 is
 * half the speed, or other work that takes half of the time. Takes about two seconds. Computing and memory are measured apart, and
 * the slower one counts. On a shared machine, memory may be three times slower while computing is as fast as ever.
 */
export function measureSlowness(): number {
  const computingMs = timeOf(() => {
    for (let round = 0; round < ROUNDS; round += 1) computeOneRound();
  });
  const fillMs = timeOf(fillMemory);
  return Math.min(MOST, Math.max(computingMs / ROUNDS / USUAL_ROUND_MS, fillMs / USUAL_FILL_MS));
}

function timeOf(work: () => void): number {
  const startedAtMs = performance.now();
  work();
  return performance.now() - startedAtMs;
}

/** Hashing, and objects that are made, sorted and thrown away: roughly what tests and services do. Fits the caches. */
function computeOneRound(): void {
  const hash = createHash('sha256');
  const rows = Array.from({ length: 20_000 }, (_, n) => ({ id: `${(n * 7919) % 20_000}`, amount: n }));
  rows.sort((a, b) => a.id.localeCompare(b.id));
  for (const row of rows) hash.update(JSON.stringify(row));
  hash.digest();
}

/** New memory, a few hundred megabytes of it, in no order: roughly what engines do when they start. */
function fillMemory(): void {
  const entries = new Map<string, number>();
  for (let n = 0; n < ENTRIES; n += 1) entries.set(`k${n}`, n);
}
