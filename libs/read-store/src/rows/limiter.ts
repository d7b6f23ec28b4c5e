/** Runs work with at most so many at once; more waits in line. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a limiter. Work that rejects frees its place too. */
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
