let last = 0n;

/**
 * The timestamp of a statement that the clock orders, in microseconds as Cassandra counts them. Within this process, each one is higher
 * than the one before. It belongs to the statement, not to one sending of it: a copy that comes late then changes nothing.
 */
export function clockTimestamp(): bigint {
  const now = BigInt(Date.now()) * 1_000n;
  last = now > last ? now : last + 1n;
  return last;
}
