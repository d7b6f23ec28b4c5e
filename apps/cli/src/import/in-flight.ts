/**
 * Runs work for every item, started in order, with a bounded number at once. After the first failure no more work
 * starts. Waits for the work under way, then rejects with that failure.
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
