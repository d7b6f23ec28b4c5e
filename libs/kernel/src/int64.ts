const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/**
 * A sum as stores and messages can hold it: beyond 64 bits it stands at the end of the range. It neither wraps round to the other sign
 * nor makes an answer that holds it impossible.
 */
export function withinInt64(sum: bigint): bigint {
  if (sum > MAX) return MAX;
  return sum < MIN ? MIN : sum;
}
