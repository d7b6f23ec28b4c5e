/** Gives random bytes that nobody else is given; the next call may write over them. */
export type RandomPool = (count: number) => Uint8Array;

/**
 * Draws random bytes of the operating system for many ids at once: to ask for 16 bytes costs as much as to ask for 4,096. For ids, never
 * for keys: what was given stays in memory until the pool is filled again.
 */
export function createRandomPool(
  sizeBytes = 4_096,
  fill: (pool: Uint8Array<ArrayBuffer>) => void = (pool) => void crypto.getRandomValues(pool),
): RandomPool {
  const pool = new Uint8Array(sizeBytes);
  let next = sizeBytes;
  return (count) => {
    if (count > sizeBytes)
      throw new RangeError(`${count} random bytes are more than the pool’s ${sizeBytes}`);
    if (next + count > sizeBytes) {
      fill(pool);
      next = 0;
    }
    next += count;
    return pool.subarray(next - count, next);
  };
}
