import type { OpenSystem } from '../system/bench-system.ts';
import type { Load } from './load.ts';

/** One run of one side. */
export interface Sample {
  /** The value that is compared, a rate or a time, of one run. */
  readonly value: number;
  /** The number of operations of the run. */
  readonly operations: number;
  /**
   * Samples for a percentile over all runs of a side, in the measurement's unit. Then `value` is this run's own
   * percentile.
   */
  readonly times?: readonly number[];
  /** CPU-seconds that each process spent in the run. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
}

/** Both sides of a comparison, ready to run. */
export interface Sides {
  readonly ours: () => Promise<Sample>;
  readonly raw: () => Promise<Sample>;
  /** Ends everything that was started for the comparison. */
  close(): Promise<void>;
  /** The even load of both sides; left out where both sides run at full speed. */
  readonly load?: Load;
  /** Notes for the reader of this run, such as the raw side's best concurrency. */
  readonly notes?: readonly string[];
}

/** One line of the bench. */
export interface Measurement {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly goal: number;
  /** `rate`: ours ÷ raw should be at least the goal. `time`: ours ÷ raw should be at most the goal. */
  readonly kind: 'rate' | 'time';
  /** Which percentile of the times of all runs is compared; the median of the runs' values when left out. */
  readonly percentile?: number;
  prepare(system: OpenSystem, scale: Scale): Promise<Sides>;
}

/** The size of all runs. */
export interface Scale {
  /** Runs of each side. */
  readonly repeats: number;
  /** How long the load of a run lasts. */
  readonly seconds: number;
  /** Samples of one run of a latency. */
  readonly samples: number;
  /** Orders in the small and the large fixture. */
  readonly storedOrders: { readonly small: number; readonly large: number };
  /** Events of a backlog. */
  readonly backlogEvents: number;
  /** A line that takes longer than this is not measured, and the next one begins. */
  readonly lineMinutes: number;
}

/** For figures that are reported. */
export const REGULAR: Scale = {
  repeats: 5,
  seconds: 5,
  samples: 1_000,
  storedOrders: { small: 10_000, large: 200_000 },
  backlogEvents: 60_000,
  lineMinutes: 30,
};

/** For flatness over a million orders. */
export const FULL: Scale = {
  ...REGULAR,
  storedOrders: { small: 10_000, large: 1_000_000 },
  lineMinutes: 120,
};

/** Shows that the bench works; its figures mean nothing. */
export const QUICK: Scale = {
  repeats: 1,
  seconds: 1,
  samples: 50,
  storedOrders: { small: 100, large: 200 },
  backlogEvents: 2_000,
  lineMinutes: 10,
};
