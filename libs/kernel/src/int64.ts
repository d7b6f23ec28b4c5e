const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/**
 * A sum as stores and messages can hold it: a sum beyond 64 bits becomes the end of the range. So a sum
 * neither changes its sign nor makes its answer impossible to encode.
 */
export function withinInt64(sum: bigint): bigint {
  if (sum > MAX) return MAX;
  return sum < MIN ? MIN : sum;
}
