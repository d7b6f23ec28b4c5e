import type { Row } from '@meridian/cassandra';

/**
 * All rows of a partition, by pages of `size` rows. `read` gives so many rows after one, from the beginning when there is none; a page
 * that is not full is the last. Rejects with the signal's reason before a read.
 */
export async function* rowPages(
  size: number,
  read: (after: Row | undefined, size: number) => Promise<readonly Row[]>,
  signal?: AbortSignal,
): AsyncGenerator<readonly Row[], void> {
  for (let after: Row | undefined; ;) {
    signal?.throwIfAborted();
    const rows = await read(after, size);
    if (rows.length > 0) yield rows;
    after = rows.at(-1);
    if (!after || rows.length < size) return;
  }
}
