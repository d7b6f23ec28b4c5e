/** The band of so many available pieces: 0 for none, 1 for 1 to 9, 2 for 10 to 99 and so on by powers of ten. */
export function bandOf(available: bigint): number {
  return available <= 0n ? 0 : available.toString().length;
}
