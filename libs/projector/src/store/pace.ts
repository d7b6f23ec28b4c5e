/** The bounds of a pace. */
export interface PaceBounds {
  /** How many requests are under way at once at most. */
  readonly maxInFlight: number;
  /** How many requests may be under way at first, and later however long answers take. `maxInFlight` when left out. */
  readonly firstInFlight?: number;
}

/** Counts the requests that are under way, and says whether one more may begin. */
export interface Pace {
  hasRoom(): boolean;
  begin(): void;
  end(): void;
  /** A request was answered. */
  succeeded(tookMs: number): void;
  /** A request was answered too late, or refused because the store had too much to do. */
  overloaded(): void;
}

/** When an answer takes so many times as long as the quickest one, its request has waited in a line of the store. */
const WAITED = 2;

/**
 * Makes a pace. After each overload, half as many requests may be under way. After each success one more may, up to
 * `firstInFlight`. Beyond that, the delay of the answers decides, as in TCP Vegas (Brakmo and Peterson, 1995). While
 * answers take about as long as the quickest one, one more request may be under way. When they take much longer, one
 * fewer may. So a distant store gets as many requests as its distance needs, and no line builds up at a store that is
 * near. When nothing is under way, the quickest answer is forgotten, since distances change.
 */
export function createPace({ maxInFlight, firstInFlight = maxInFlight }: PaceBounds): Pace {
  let inFlight = 0;
  let mayBeInFlight = firstInFlight;
  let quickestMs = Infinity;
  return {
    hasRoom: () => inFlight < mayBeInFlight,
    begin() {
      inFlight += 1;
    },
    end() {
      inFlight -= 1;
      if (inFlight === 0) quickestMs = Infinity;
    },
    succeeded(tookMs) {
      quickestMs = Math.min(quickestMs, tookMs);
      const mayGrow = mayBeInFlight < firstInFlight || tookMs <= WAITED * quickestMs;
      mayBeInFlight = mayGrow
        ? Math.min(maxInFlight, mayBeInFlight + 1)
        : Math.max(firstInFlight, mayBeInFlight - 1);
    },
    overloaded() {
      mayBeInFlight = Math.max(1, Math.floor(mayBeInFlight / 2));
    },
  };
}
