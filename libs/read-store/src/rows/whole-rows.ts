import type { Row } from '@meridian/cassandra';

const LARGEST_READ = 1_000;
const MAX_READS = 100;

/**
 * The first `limit` rows of a list that are whole, in its order: those that are not take no place in a page. `read` gives so many
 * rows after one, from the beginning when there is none. Rejects when it finds too few in a bounded number of reads, and with
 * the signal's reason before a read.
 */
export async function wholeRows(
  limit: number,
  isWhole: (row: Row) => boolean,
  read: (after: Row | undefined, size: number) => Promise<readonly Row[]>,
  signal?: AbortSignal,
): Promise<readonly Row[]> {
  const whole: Row[] = [];
  let after: Row | undefined;
  let size = limit;
  for (let reads = 0; reads < MAX_READS; reads++) {
    signal?.throwIfAborted();
    const rows = await read(after, size);
    whole.push(...rows.filter(isWhole));
    after = rows.at(-1);
    if (whole.length >= limit || rows.length < size || !after) return whole.slice(0, limit);
    size = Math.max(limit, Math.min(LARGEST_READ, 2 * size));
  }
  throw new Error(`${MAX_READS} reads found only ${whole.length} rows that are whole`);
}
