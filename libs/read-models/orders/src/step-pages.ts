import type { Row } from '@meridian/cassandra';
import { bigint, type Reader } from '@meridian/projection';
import { orderSteps } from './tables.ts';

/** Most orders have fewer steps: one read finds them all. */
const FIRST_ROWS = 24;
const FEWEST_ROWS = 8;
const MOST_ROWS = 1_000;
/** About as much is read at once. A step that placed or returned 1,200 lines has a megabyte. */
const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * All rows of one order, by version, a page at a time: a page has as many rows as those before let expect for 4 MiB. The static
 * columns of a row are of the moment of its page, and a later page has only later steps: so the last row given has the head that
 * fits all of them. Rejects with the signal's reason between two pages.
 */
export async function* stepPages(
  reader: Reader,
  orderId: string,
  signal?: AbortSignal,
): AsyncGenerator<readonly Row[], void> {
  let rows = await reader.select(orderSteps, '*', 'WHERE order_id = ? LIMIT ?', [orderId, FIRST_ROWS]);
  for (let limit = FIRST_ROWS; ;) {
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (rows.length < limit || !last) return;
    signal?.throwIfAborted();
    const bytesOfRow = Math.max(1, rows.reduce((sum, row) => sum + sizeOf(row), 0) / rows.length);
    limit = Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, Math.floor(PAGE_BYTES / bytesOfRow)));
    rows = await reader.select(orderSteps, '*', 'WHERE order_id = ? AND order_version > ? LIMIT ?', [
      ...[orderId, bigint(last, 'order_version'), limit],
    ]);
  }
}

const lengthOf = (cell: unknown): number => (typeof cell === 'string' ? cell.length : 0);
const sizeOf = (row: Row): number => 200 + lengthOf(row['lines']) + lengthOf(row['note']);
