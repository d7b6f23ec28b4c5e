import { createLimiter } from './limiter.ts';
import { unlessAborted } from './unless-aborted.ts';

/** A number of places, for what is held for a while. */
export interface Places {
  /**
   * Takes a place as soon as one is free, in the order of the calls. Gives what frees it; to free it twice does nothing. Rejects with the
   * signal's reason once the signal is aborted, and has no place then.
   */
  take(signal?: AbortSignal): Promise<() => void>;
}

/** Makes so many free places. The queue is not bounded. */
export function createPlaces(count: number): Places {
  const limited = createLimiter(count);
  return {
    take(signal) {
      const taken = Promise.withResolvers<() => void>();
      void limited(() => {
        if (signal?.aborted) return Promise.resolve();
        const held = Promise.withResolvers<void>();
        taken.resolve(() => held.resolve());
        return held.promise;
      });
      return unlessAborted(signal, taken.promise);
    },
  };
}
