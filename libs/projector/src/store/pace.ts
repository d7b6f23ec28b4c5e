/** How many requests may be under way. */
export interface PaceBounds {
  /** How many are under way at once at most. */
  readonly maxInFlight: number;
  /** How many at first, and how many there may be whatever the answers take; `maxInFlight` when it is left out. */
  readonly firstInFlight?: number;
}

/** How many requests are under way, and whether one more may be. */
export interface Pace {
  hasRoom(): boolean;
  begin(): void;
  end(): void;
  /** A request was answered, after so long. */
  succeeded(tookMs: number): void;
  /** A request came too late, or was refused since there was too much to do. */
  overloaded(): void;
}

/** An answer that takes so many times the quickest one has waited in a line of the other side. */
const WAITED = 2;

/**
 * Makes a pace. Half as many after each overload, one more after each success, up to `firstInFlight`. Beyond that, the
 * delay decides, as in TCP Vegas (Brakmo and Peterson, 1995). While answers take about as long as the quickest, there is
 * one more. When they take much longer, there is one fewer. So a distant store gets as many requests as its distance
 * needs, and a store that is near gets no line. When nothing is under way, the quickest answer is forgotten, since
 * distances change.
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
