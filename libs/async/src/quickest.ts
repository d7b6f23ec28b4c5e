/** The quickest of the last times that something took. */
export interface Quickest {
  add(ms: number): void;
  /** Undefined before there were enough times. */
  ms(): number | undefined;
}

/**
 * Keeps the last `count` times. Under load, most times are long and the quickest of many is short. So a long quickest time shows a
 * distance, and not a load.
 */
export function createQuickest(count: number): Quickest {
  const times: number[] = [];
  return {
    add(ms) {
      times.push(ms);
      if (times.length > count) times.shift();
    },
    ms: () => (times.length === count ? Math.min(...times) : undefined),
  };
}
