import { setTimeout as pause } from 'node:timers/promises';

/** Looks at an aggregate's own rows while a question about it waits for its region's progress. */
export interface OwnRowLooks {
  /**
   * Reads again and again, and resolves with the first value that is enough. `seen` tells since when the missing events have been seen on
   * their way to the rows, in milliseconds of performance.now(). The first look after that comes when rows usually are there. Without it,
   * looks are rare. A read that fails is no answer: the wait for the progress tells what is wrong with the store. Rejects with the signal's
   * reason when nobody needs the value any more.
   */
  until<T>(
    read: () => Promise<T>,
    isEnough: (value: T) => Promise<boolean>,
    signal: AbortSignal,
    seen?: Promise<number>,
  ): Promise<T>;
}

/** How a look ended. */
type Look<T> =
  | { readonly kind: 'found'; readonly value: T }
  /** What was read is not enough. */
  | { readonly kind: 'not-there' }
  /** Nothing was read: there was no place, or the read failed. */
  | { readonly kind: 'none' };

/** The bounds of looks. */
export interface OwnRowOptions {
  /** Looks under way at once, of all questions; a look that finds no place is left out. */
  readonly maxAtOnce?: number;
  /** The first pause while the events have not been seen. */
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
  /** Waits between looks, in place of a timer. */
  wait?(ms: number, signal: AbortSignal): Promise<unknown>;
  /** The present, in milliseconds, in place of performance.now(). */
  now?(): number;
}

const timer = (ms: number, signal: AbortSignal) => pause(ms, undefined, { signal });

/**
 * Each pause is a quarter longer than the one before. On average, an answer then comes an eighth later than its rows. A wait of
 * five seconds costs about thirty reads.
 */
const GROWTH = 1.25;

/** After the first look, the next one comes after this share of the usual time, and not sooner than the shortest pause. */
const SHARE_OF_USUAL = 0.2;
const SHORTEST_PAUSE_MS = 1.5;

/** Makes the looks of one copy of a read model. */
export function createOwnRowLooks(options: OwnRowOptions = {}): OwnRowLooks {
  const { maxAtOnce = 64, firstPauseMs = 10, longestPauseMs = 320, wait = timer } = options;
  const { now = () => performance.now() } = options;
  const usual = createUsualTime(longestPauseMs);
  let atOnce = 0;

  async function look<T>(read: () => Promise<T>, isEnough: (value: T) => Promise<boolean>): Promise<Look<T>> {
    if (atOnce >= maxAtOnce) return { kind: 'none' };
    atOnce++;
    try {
      const value = await read();
      return (await isEnough(value)) ? { kind: 'found', value } : { kind: 'not-there' };
    } catch {
      return { kind: 'none' };
    } finally {
      atOnce--;
    }
  }
  async function waitForFirst(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await wait(ms, signal);
    } catch (error) {
      // The progress was there before the first look: the rows were, too.
      usual.learn('found');
      throw error;
    }
  }
  const longer = (pauseMs: number) => Math.min(GROWTH * pauseMs, longestPauseMs);

  return {
    async until(read, isEnough, signal, seen) {
      let seenMs = await Promise.race([seen, Promise.resolve(undefined)]);
      void seen?.then((sinceMs) => (seenMs = sinceMs));
      for (let pauseMs = firstPauseMs; seenMs === undefined; pauseMs = longer(pauseMs)) {
        await (seen ? Promise.race([wait(pauseMs, signal), seen]) : wait(pauseMs, signal));
        if (seenMs !== undefined) break;
        const looked = await look(read, isEnough);
        if (looked.kind === 'found') return looked.value;
      }
      const dueInMs = seenMs + usual.ms() - now();
      if (dueInMs > 0) await waitForFirst(dueInMs, signal);
      let looked = await look(read, isEnough);
      // A look that came late found no more than that the rows were there before.
      if (looked.kind === 'not-there' || (looked.kind === 'found' && dueInMs > 0)) usual.learn(looked.kind);
      for (let pauseMs = usual.ms() * SHARE_OF_USUAL; looked.kind !== 'found'; pauseMs = longer(pauseMs)) {
        await wait(Math.max(pauseMs, SHORTEST_PAUSE_MS), signal);
        looked = await look(read, isEnough);
      }
      return looked.value;
    },
  };
}

/**
 * Learns the time from an event that was seen to its rows, such that a look after this time finds every third one's rows. It falls by a
 * tenth with each look that was late enough, and rises by a twentieth with each that was too soon. These balance where a third is found.
 */
function createUsualTime(longestMs: number) {
  let usualMs = 4;
  return {
    ms: () => usualMs,
    learn(found: 'found' | 'not-there'): void {
      usualMs = Math.min(longestMs, Math.max(1, usualMs * (found === 'found' ? 0.9 : 1.05)));
    },
  };
}
