import type { Row } from '@meridian/cassandra';
import { shardOf } from '@meridian/kernel';
import type { Reader, Table } from '@meridian/projection';

/**
 * The rows of these aggregates in a table that is spread over buckets. There is one read per bucket, so 12 at most,
 * however many aggregates there are. In no order; one that is not there has no row. `column` is the clustering column
 * that holds the id.
 */
export async function rowsByBucket(
  reader: Reader,
  table: Pick<Table, 'name'>,
  column: string,
  ids: readonly string[],
): Promise<readonly Row[]> {
  const buckets = [...Map.groupBy(new Set(ids), shardOf)];
  const reads = buckets.map(([bucket, inBucket]) => {
    const bound = padded(inBucket);
    const marks = bound.map(() => '?').join(', ');
    return reader.select(table, '*', `WHERE bucket = ? AND ${column} IN (${marks})`, [bucket, ...bound]);
  });
  return (await Promise.all(reads)).flat();
}

/** So many that few texts are to be prepared, a power of two: an id that is named twice is read once. */
function padded(ids: readonly string[]): readonly string[] {
  const [first = ''] = ids;
  return [...ids, ...Array<string>(2 ** Math.ceil(Math.log2(ids.length)) - ids.length).fill(first)];
}
