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
/** The usual time is the median of so many answers. */
const REMEMBERED = 31;
/** One slow answer of a start says nothing of what is usual. */
const LEAST = 3;

/**
 * Makes a delay of several times the usual time of an answer, within bounds. When one node hangs, more than half of the answers
 * still take their usual time, so the delay stays short. When most answers take long, the delay grows: the store has too much to
 * do, and sending everything twice would make it slower still.
 */
export function createHedgeDelay({ leastMs, mostMs }: HedgeBounds): HedgeDelay {
  const newest: number[] = [];
  let answers = 0;
  return {
    ms: () => Math.min(mostMs, Math.max(leastMs, TIMES_USUAL * medianOf(newest))),
    answered(tookMs) {
      newest[answers++ % REMEMBERED] = tookMs;
    },
  };
}

/** The lower one of two in the middle; 0 while too few values say what is usual. */
function medianOf(values: readonly number[]): number {
  if (values.length < LEAST) return 0;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
}
