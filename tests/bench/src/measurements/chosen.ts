import type { Measurement } from '../measure/measurement.ts';

/** Which measurements a run takes. */
export interface Chosen {
  readonly measurements: readonly Measurement[];
  /** The names that stand for no measurement. */
  readonly unknown: readonly string[];
}

/**
 * The measurements that names separated by commas stand for, in their own order; all of them without names. A name that
 * ends in `.` stands for all that begin so.
 */
export function chosenFrom(measurements: readonly Measurement[], names: string | undefined): Chosen {
  if (names === undefined) return { measurements, unknown: [] };
  const wanted = names.split(',').map((name) => name.trim());
  const isNamed = (want: string, name: string) =>
    want.endsWith('.') ? name.startsWith(want) : name === want;
  return {
    measurements: measurements.filter(({ name }) => wanted.some((want) => isNamed(want, name))),
    unknown: wanted.filter((want) => !measurements.some(({ name }) => isNamed(want, name))),
  };
}
