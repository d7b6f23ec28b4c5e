/** The even load of a line's runs, the same for both sides. */
export interface Load {
  readonly perSecond: number;
  /** The unit of the load, such as `orders/s`. */
  readonly unit: string;
  /** What the machine carried in this run of the bench, in the same unit. */
  readonly carried: number;
}

/** The range of a line's load. */
export interface LoadRange {
  readonly unit: string;
  /** A smaller load measures nothing. */
  readonly least: number;
  /** The largest useful load; no bound when left out. */
  readonly most?: number;
}

/**
 * Half of what the machine carries, as a whole number within the range. Throws when that is too little for a
 * measurement.
 */
export function halfOf(carried: number, { unit, least, most = Infinity }: LoadRange): Load {
  return atLeast({ perSecond: Math.min(most, Math.floor(carried / 2)), unit, carried }, least);
}

/** Half of a load that turned out to be too much, for a reason. Throws when that is too little for a measurement. */
export function halved(load: Load, least: number, reason: unknown): Load {
  return atLeast({ ...load, perSecond: Math.floor(load.perSecond / 2) }, least, `; ${String(reason)}`);
}

function atLeast(load: Load, least: number, reason = ''): Load {
  if (load.perSecond >= least) return load;
  throw new Error(
    `the machine carries ${load.carried.toFixed(1)} ${load.unit} now; at least ${least} are needed under an even load${reason}`,
  );
}

/** A load for people. */
export function loadText({ perSecond, unit, carried }: Load): string {
  return `${perSecond} ${unit} of ${carried.toFixed(0)} carried`;
}
