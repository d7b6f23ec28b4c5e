import { createHash } from 'node:crypto';

/** What one round of the work below takes on the machine for which the limits of tests were chosen. */
const USUAL_ROUND_MS = 40;
const ROUNDS = 25;

/**
 * How many times longer a fixed piece of work takes here and now than on the usual machine. 1 is as fast. 2 is half the
 * speed, or other work that takes half of the time. Takes about a second.
 */
export function measureSlowness(): number {
  const startedAtMs = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) workOneRound();
  return (performance.now() - startedAtMs) / ROUNDS / USUAL_ROUND_MS;
}

/** Hashing, and objects that are made, sorted and thrown away: roughly what tests and services do. */
function workOneRound(): void {
  const hash = createHash('sha256');
  const rows = Array.from({ length: 20_000 }, (_, n) => ({ id: `${(n * 7919) % 20_000}`, amount: n }));
  rows.sort((a, b) => a.id.localeCompare(b.id));
  for (const row of rows) hash.update(JSON.stringify(row));
  hash.digest();
}
