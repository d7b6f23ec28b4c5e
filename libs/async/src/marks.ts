/** Marks on names. A mark lasts for a while after it was last set. */
export interface Marks {
  set(name: string): void;
  has(name: string): boolean;
  /** All names that have a mark now. */
  current(): ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** Makes marks that last for `forMs`. `now` gives milliseconds of a clock that never goes back. */
export function createMarks(forMs: number, now: () => number = () => performance.now()): Marks {
  const untilMs = new Map<string, number>();
  return {
    set: (name) => void untilMs.set(name, now() + forMs),
    has: (name) => (untilMs.get(name) ?? 0) > now(),
    current() {
      if (untilMs.size === 0) return NONE;
      for (const [name, until] of untilMs) if (until <= now()) untilMs.delete(name);
      return new Set(untilMs.keys());
    },
  };
}
