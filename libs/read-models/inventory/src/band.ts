/**
 * The band of so many available pieces, by powers of ten. It is 0 for none, 1 for 1 to 9, 2 for 10 to 99, and
 * so on.
 */
export function bandOf(available: bigint): number {
  return available <= 0n ? 0 : available.toString().length;
}

/** Every band that a number of pieces can be in: a 64-bit number has 19 digits at most. */
export const BANDS: readonly number[] = Array.from({ length: 20 }, (_, band) => band);
