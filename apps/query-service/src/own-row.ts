import { setTimeout as pause } from 'node:timers/promises';

/** Looks at an aggregate's own rows while a question about it waits for its region's progress. */
export interface OwnRowLooks {
  /**
   * Reads again and again, at growing intervals, and resolves with the first value that is enough. A read that fails is no answer:
   * the wait for the progress tells what is wrong with the store. Rejects with the signal's reason when nobody needs the value any more.
   */
  until<T>(read: () => Promise<T>, isEnough: (value: T) => Promise<boolean>, signal: AbortSignal): Promise<T>;
}

/** The bounds of looks. */
export interface OwnRowOptions {
  /** Looks under way at once, of all questions; a look that finds no place is left out. */
  readonly maxAtOnce?: number;
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
}

/** So an answer comes at most half as late again as its rows, and a wait of five seconds costs two dozen reads. */
const GROWTH = 1.5;

/** Makes the looks of one copy of a read model. */
export function createOwnRowLooks(options: OwnRowOptions = {}): OwnRowLooks {
  const { maxAtOnce = 64, firstPauseMs = 4, longestPauseMs = 320 } = options;
  let atOnce = 0;

  async function look<T>(
    read: () => Promise<T>,
    isEnough: (value: T) => Promise<boolean>,
  ): Promise<{ readonly value: T } | undefined> {
    if (atOnce >= maxAtOnce) return undefined;
    atOnce++;
    try {
      const value = await read();
      return (await isEnough(value)) ? { value } : undefined;
    } catch {
      return undefined;
    } finally {
      atOnce--;
    }
  }

  return {
    async until(read, isEnough, signal) {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(GROWTH * pauseMs, longestPauseMs)) {
        await pause(pauseMs, undefined, { signal });
        const found = await look(read, isEnough);
        if (found) return found.value;
      }
    },
  };
}
