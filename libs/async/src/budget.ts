/** Second tries for what is slow: as many as work has earned. */
export interface Budget {
  /** Work was done that allows for a part of a second try. */
  earn(): void;
  /** Whether one second try is left. */
  has(): boolean;
  /** A second try was made. More than are left may be made at once; work then has to earn them before the next one. */
  spend(): void;
}

/**
 * Makes a full budget (a token bucket): `share` second tries for each piece of work, and `burst` at once after a time
 * without any. So a system that is slow everywhere does not get twice the work.
 */
export function createBudget({ share, burst }: { readonly share: number; readonly burst: number }): Budget {
  let left = burst;
  return {
    earn() {
      left = Math.min(burst, left + share);
    },
    has: () => left >= 1,
    spend() {
      left -= 1;
    },
  };
}
