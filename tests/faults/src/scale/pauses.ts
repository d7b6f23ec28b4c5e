/** The longest time that a partition stood still while something waited in it. */
export interface LongestPause {
  readonly partition: string;
  readonly pauseMs: number;
}

/** Positions by context and partition. */
type Heads = ReadonlyMap<string, bigint>;

/** Watches partitions: how long nothing is applied while something waits. */
export interface Pauses {
  /** What was recorded and what was applied, as seen at one time, later than the time before. */
  saw(recorded: Heads, applied: Heads, atMs: number): void;
  /** The longest pause since the last call; undefined when nothing ever waited. */
  take(): LongestPause | undefined;
}

interface Partition {
  /** What was applied when the partition last moved. */
  readonly applied: bigint;
  /** When that was, or when something began to wait; undefined while nothing waits. */
  readonly waitsSinceMs: number | undefined;
}

/** A pause begins when something waits, and begins anew whenever the partition moves. It counts while it lasts. */
export function watchPauses(): Pauses {
  const partitions = new Map<string, Partition>();
  let longest: LongestPause | undefined;
  return {
    saw(recorded, applied, atMs) {
      for (const [partition, head] of recorded) {
        const before = partitions.get(partition) ?? { applied: 0n, waitsSinceMs: undefined };
        const position = applied.get(partition) ?? 0n;
        const pauseMs = before.waitsSinceMs === undefined ? 0 : atMs - before.waitsSinceMs;
        if (before.waitsSinceMs !== undefined && pauseMs > (longest?.pauseMs ?? -1))
          longest = { partition, pauseMs };
        const moved = position > before.applied || before.waitsSinceMs === undefined;
        const waits = position < head;
        partitions.set(partition, {
          applied: position,
          waitsSinceMs: !waits ? undefined : moved ? atMs : before.waitsSinceMs,
        });
      }
    },
    take() {
      const taken = longest;
      longest = undefined;
      return taken;
    },
  };
}
