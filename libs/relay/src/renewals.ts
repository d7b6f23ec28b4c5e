/** Tells what is renewed from what only seems to last, by the clock of whoever looks. */
export interface Renewals {
  /**
   * Notes what was read of a term, whose value changes with every renewal; answers for how long it has been seen unchanged, in
   * milliseconds.
   */
  unchangedMs(key: string, value: string, nowMs: number): number;
  /** Forgets all that was not noted since the last call. */
  forgetOthers(): void;
}

/**
 * The database's clock writes the end of a lease. When that clock is set back, the lease of a dead process ends too late. A living
 * process renews its lease. So a lease is over when nobody has renewed it for its whole length, by a monotonic clock.
 */
export function createRenewals(): Renewals {
  let known = new Map<string, { readonly value: string; readonly sinceMs: number }>();
  let noted = new Map<string, { readonly value: string; readonly sinceMs: number }>();
  return {
    unchangedMs(key, value, nowMs) {
      const before = known.get(key);
      const seen = before?.value === value ? before : { value, sinceMs: nowMs };
      known.set(key, seen);
      noted.set(key, seen);
      return nowMs - seen.sinceMs;
    },
    forgetOthers() {
      known = noted;
      noted = new Map();
    },
  };
}
