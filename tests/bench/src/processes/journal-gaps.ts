/** Knows which positions of a journal were not seen yet, where positions are not given in commit order. */
export interface JournalGaps {
  /** The highest position that was seen. */
  cursor(): bigint;
  /** Positions below it that may still come: a transaction that drew them may not have ended. */
  missing(nowMs: number): readonly bigint[];
  /** Notes positions that were seen, in rising order. */
  saw(positions: readonly bigint[], nowMs: number): void;
}

/** A transaction that draws positions commits at once; one that was rolled back never does. */
const GIVEN_UP_AFTER_MS = 30_000;

/** Begins behind a position. */
export function createJournalGaps(begin: bigint): JournalGaps {
  let cursor = begin;
  const open = new Map<bigint, number>();
  return {
    cursor: () => cursor,
    missing(nowMs) {
      for (const [position, sinceMs] of open) if (nowMs - sinceMs > GIVEN_UP_AFTER_MS) open.delete(position);
      return [...open.keys()];
    },
    saw(positions, nowMs) {
      for (const position of positions) {
        open.delete(position);
        for (let between = cursor + 1n; between < position; between++) open.set(between, nowMs);
        if (position > cursor) cursor = position;
      }
    },
  };
}
