/**
 * Runs work for every item, at most so many at once, in order of start. After the first failure it starts nothing more, waits for
 * what is under way, and rejects with that failure.
 */
export async function inFlight<T>(
  items: Iterable<T>,
  maxAtOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  async function worker(): Promise<void> {
    while (failures.length === 0) {
      const next = iterator.next();
      if (next.done) return;
      try {
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: maxAtOnce }, worker));
  if (failures.length > 0) throw failures[0];
}
