/** Runs work for every item, at most so many at once, in order of start. Stops starting and rejects at the first failure. */
export async function inFlight<T>(
  items: Iterable<T>,
  maxAtOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failed = false;
  async function worker(): Promise<void> {
    for (let next = iterator.next(); !next.done && !failed; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  const results = await Promise.allSettled(Array.from({ length: maxAtOnce }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
