/** Waits until all of the work has ended, then throws the first failure. Nothing is still under way when the caller tries again. */
export async function settled(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}
