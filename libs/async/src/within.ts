/** Work took longer than its time limit. The work itself goes on. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * The value of a promise, or a rejection once `timeoutMs` have passed: with a TimeoutError, or with what
 * `late` makes. The work behind the promise goes on; a later failure of that work is ignored.
 */
export async function within<T>(
  timeoutMs: number,
  work: Promise<T>,
  late: () => Error = () => new TimeoutError(`this took longer than ${timeoutMs} ms`),
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), timeoutMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether work ends before `timeoutMs` have passed. Rejects when the work rejects in time. */
export async function endsWithin(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  try {
    return await Promise.race([work.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}
