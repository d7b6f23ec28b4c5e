import { SHARD_COUNT } from '@meridian/kernel';

/** The buckets over which what would be one wide partition is spread: an aggregate's bucket is its shard. */
export const BUCKETS: readonly number[] = Array.from({ length: SHARD_COUNT }, (_, bucket) => bucket);

/**
 * A page of a list that is spread over buckets, each sorted by id. Reads up to `limit` rows of every bucket at once,
 * merges the rows by id in byte order and keeps the first `limit`.
 */
export async function mergeBuckets<T>(
  limit: number,
  idOf: (item: T) => string,
  read: (bucket: number, limit: number) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const pages = await Promise.all(BUCKETS.map((bucket) => read(bucket, limit)));
  // Ids are ASCII: comparing UTF-16 units compares bytes.
  return pages
    .flat()
    .sort((a, b) => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0))
    .slice(0, limit);
}
