import type { BenchSystem } from '../system/bench-system.ts';
import type { Load } from './load.ts';

/** One run of one side. */
export interface Sample {
  /** What is compared: a rate, or a time; of one run. */
  readonly value: number;
  /** Operations behind it. */
  readonly operations: number;
  /** Samples for a percentile over all runs of a side, in the measurement's unit; the value is then this run's own percentile. */
  readonly times?: readonly number[];
  /** CPU-seconds that each process spent in the run. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
}

/** What is compared, made ready. */
export interface Sides {
  readonly ours: () => Promise<Sample>;
  readonly raw: () => Promise<Sample>;
  /** Ends what was started for it. */
  close(): Promise<void>;
  /** The even load of both sides; left out where both do as much as they can. */
  readonly load?: Load;
  /** What a reader should know of this run, such as the concurrency that suited the raw side best. */
  readonly notes?: readonly string[];
}

/** One line of the bench. */
export interface Measurement {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly goal: number;
  /** `rate`: ours ÷ raw should reach the goal. `time`: it should stay within it. */
  readonly kind: 'rate' | 'time';
  /** Which percentile of the times of all runs is compared; the median of the runs' values when left out. */
  readonly percentile?: number;
  prepare(system: BenchSystem, scale: Scale): Promise<Sides>;
}

/** How much is done. */
export interface Scale {
  /** Runs of each side. */
  readonly repeats: number;
  /** How long a run takes load. */
  readonly seconds: number;
  /** Samples of one run of a latency. */
  readonly samples: number;
  /** Orders that are stored beforehand, in the small and the large fixture. */
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
