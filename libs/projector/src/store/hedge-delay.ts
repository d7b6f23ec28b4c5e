/** How long an answer is waited for before the same is sent another way. */
export interface HedgeDelay {
  ms(): number;
  /** An answer came, after so long. */
  answered(tookMs: number): void;
}

/** The bounds of the delay. */
export interface HedgeBounds {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** A single node that hangs takes much longer than the others do. */
const TIMES_USUAL = 4;
/** The part of the newest answer in what is usual. */
const NEWEST = 0.1;

/**
 * Makes a delay of several times what answers usually take, within bounds. A node that hangs is noticed by the others'
 * answers, which come in time. When all answers take long, the store has too much to do: to send everything twice would
 * make it slower still.
 */
export function createHedgeDelay({ leastMs, mostMs }: HedgeBounds): HedgeDelay {
  let usualMs = 0;
  return {
    ms: () => Math.min(mostMs, Math.max(leastMs, TIMES_USUAL * usualMs)),
    answered(tookMs) {
      usualMs += NEWEST * (tookMs - usualMs);
    },
  };
}
