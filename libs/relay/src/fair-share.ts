/**
 * How many of `shards` a replica should own: as many as the others, the remainder going to those whose names come first.
 * Every replica that sees the same names computes the same shares, and these add up to all shards.
 */
export function fairShare(replica: string, live: readonly string[], shards: number): number {
  const names = [...new Set([...live, replica])].sort();
  const share = Math.floor(shards / names.length);
  return share + (names.indexOf(replica) < shards % names.length ? 1 : 0);
}
