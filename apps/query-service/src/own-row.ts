import { setTimeout as pause } from 'node:timers/promises';
import { partitionKey, type PartitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import type { MissingPosition, Progress } from '@meridian/read-store';
import type { AnswerBasis } from './freshness.ts';
import type { ParkedWatch } from './parked.ts';

/** What may be answered before its region's progress is there. */
export interface Provable<T> extends Pick<AnswerBasis<T>, 'aggregateId' | 'ownContexts'> {
  /**
   * For a question about one aggregate: the positions up to which the value holds all events of this aggregate. The
   * aggregate's own rows prove it, however far the region's progress is. Undefined when the rows prove nothing.
   */
  provenUpTo?(value: T): Positions | undefined;
}

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
  /** Waits between looks, in place of a timer. */
  wait?(ms: number, signal: AbortSignal): Promise<unknown>;
}

const timer = (ms: number, signal: AbortSignal) => pause(ms, undefined, { signal });

/**
 * Each pause is a quarter longer than the one before. On average, an answer then comes an eighth later than its rows. A wait of
 * five seconds costs about thirty reads.
 */
const GROWTH = 1.25;

/** Makes the looks of one copy of a read model. */
export function createOwnRowLooks(options: OwnRowOptions = {}): OwnRowLooks {
  const { maxAtOnce = 64, firstPauseMs = 4, longestPauseMs = 320, wait = timer } = options;
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
        await wait(pauseMs, signal);
        const found = await look(read, isEnough);
        if (found) return found.value;
      }
    },
  };
}

/**
 * The test of whether a value holds all that is missing. Undefined where the rows of one aggregate cannot prove it. The test
 * asks for deferred events after the rows were read: a projector defers an event before it writes later rows.
 */
export function proofOf<T>(
  parked: Pick<ParkedWatch, 'mayLack'>,
  missing: readonly MissingPosition[],
  progress: Progress,
  { aggregateId, ownContexts = [], provenUpTo }: Provable<T>,
): ((value: T) => Promise<boolean>) | undefined {
  if (aggregateId === undefined || !provenUpTo) return undefined;
  const own = new Set<PartitionKey>(
    ownContexts.map((context) => partitionKey(context, shardOf(aggregateId))),
  );
  if (missing.some(({ key }) => !own.has(key))) return undefined;
  return async (value) => {
    const proven = provenUpTo(value);
    if (!proven || missing.some(({ key, required }) => (proven.get(key) ?? 0n) < required)) return false;
    return !(await parked.mayLack([...own], progress));
  };
}
