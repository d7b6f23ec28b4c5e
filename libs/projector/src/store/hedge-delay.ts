/** How long to wait for an answer before the same request is sent another way. */
export interface HedgeDelay {
  ms(): number;
  /** Notes how long an answer took. */
  answered(tookMs: number): void;
}

/** The bounds of the delay. */
export interface HedgeBounds {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** A single node that hangs takes much longer than the others do. */
const TIMES_USUAL = 4;
/** How much the newest answer counts in the usual time: an exponentially weighted average. */
const NEWEST = 0.1;

/**
 * Makes a delay of several times the usual time of an answer, within bounds. When one node hangs, the other nodes still
 * answer in their usual time, so the delay stays short. When all answers take long, the delay grows: the store has too
 * much to do, and sending everything twice would make it slower still.
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
