import { resourceExhausted } from './errors.ts';

/** The place that a call has among those of its method. */
export interface Place {
  /**
   * Moves the call to the places of those that wait, and gives what moves it back. A call that waits for several things moves back when
   * the last of these waits has ended. Throws RESOURCE_EXHAUSTED, reason TOO_MANY_WAITING, when all of these places are taken. A call that
   * moves back does so even if more calls have come meanwhile: new ones are refused until there is room again.
   */
  startWaiting(): () => void;
  /** Frees the place, whether the call is at work or waits. Further calls of this function do nothing. */
  leave(): void;
}

/** Counts the calls under way by method. Throws RESOURCE_EXHAUSTED, reason TOO_MANY_CALLS, when all places are taken. */
export type EnterMethod = (path: string) => Place;

/** How many calls of a method may be under way. */
export interface MethodBounds {
  /** How many may be at work. */
  readonly maxOf: (path: string) => number;
  /** How many may wait beside them. None when left out. */
  readonly maxWaiting?: number;
}

const RETRY_AFTER_MS = 500;

interface Counts {
  atWork: number;
  waiting: number;
}

/**
 * Bounds the calls of each method that are under way at once. Those that wait, such as for what a token names, are counted apart: they
 * never take the places of those that need not wait. Both together are never more than the sum of the two bounds.
 */
export function concurrencyLimit({ maxOf, maxWaiting = 0 }: MethodBounds): EnterMethod {
  const byPath = new Map<string, Counts>();
  return (path) => {
    const max = maxOf(path);
    const counts = byPath.get(path) ?? { atWork: 0, waiting: 0 };
    byPath.set(path, counts);
    if (counts.atWork >= max)
      throw resourceExhausted(
        'TOO_MANY_CALLS',
        `${max} calls of this method are under way; try again`,
        RETRY_AFTER_MS,
      );
    return placeIn(counts, maxWaiting);
  };
}

function placeIn(counts: Counts, maxWaiting: number): Place {
  let where: keyof Counts | undefined = 'atWork';
  const waits = new Set<symbol>();
  counts.atWork += 1;
  const move = (to: keyof Counts): void => {
    if (where === undefined || where === to) return;
    counts[where] -= 1;
    counts[to] += 1;
    where = to;
  };
  return {
    startWaiting() {
      if (where === 'atWork' && counts.waiting >= maxWaiting)
        throw resourceExhausted(
          'TOO_MANY_WAITING',
          `${maxWaiting} calls of this method already wait; try again later, or without a token`,
          RETRY_AFTER_MS,
        );
      const wait = Symbol('wait');
      waits.add(wait);
      move('waiting');
      return () => {
        waits.delete(wait);
        if (waits.size === 0) move('atWork');
      };
    },
    leave() {
      if (where) counts[where] -= 1;
      where = undefined;
    },
  };
}
