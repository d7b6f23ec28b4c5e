/** Runs work when a slot is free, in the order of the calls. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * A limiter that runs at most `maxAtOnce` pieces of work at once. Work that rejects frees its slot too. The
 * queue is not bounded.
 */
export function createLimiter(maxAtOnce: number): Limiter {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= maxAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

/** A limiter for one at a time. */
export const createMutex = (): Limiter => createLimiter(1);
