import { isThere, type Reader } from '@meridian/projection';
import { mergeBuckets } from '@meridian/read-store';
import { bandOf } from './band.ts';
import { findAvailabilities, toAvailability, type AvailabilityRow } from './find-availability.ts';
import { stockByBand } from './tables.ts';

/** Where a page of the low-stock list starts: after this product of this band. */
export interface LowStockCursor {
  readonly band: number;
  readonly afterId: string;
}

/** Where the first page starts. */
export const LOW_STOCK_START: LowStockCursor = { band: 0, afterId: '' };

/** A page of the low-stock list. */
export interface LowStockPage {
  readonly rows: readonly AvailabilityRow[];
  /** Where the next page starts; undefined on the last. */
  readonly next: LowStockCursor | undefined;
}

/** How many rows of each bucket are read at once, and how often for one page: what is above the threshold costs reads too. */
const CHUNK_ROWS = 200;
const MAX_CHUNKS = 25;

/**
 * Products with at most `threshold` pieces available: by band, lowest first, then by id in byte order. A page may be shorter
 * than asked, or empty, and still have a next one: the reads that one page costs are bounded. A product that changes its band
 * between two pages may be in both, or in none. A row that was deleted and came back, from a node that was away for longer
 * than deletes are kept, is not shown.
 */
export async function listLowStock(
  reader: Reader,
  threshold: bigint,
  cursor: LowStockCursor,
  pageSize: number,
): Promise<LowStockPage> {
  const page = await readPage(reader, threshold, cursor, pageSize);
  return { ...page, rows: await currentOf(reader, page.rows) };
}

/**
 * The rows of products that are still in that band. A product has one row of its own besides, which is never deleted: it tells
 * when it is newer and of another band.
 */
async function currentOf(
  reader: Reader,
  rows: readonly AvailabilityRow[],
): Promise<readonly AvailabilityRow[]> {
  const newest = await findAvailabilities(
    reader,
    rows.map(({ productId }) => productId),
  );
  return rows.filter((row) => {
    const own = newest.get(row.productId);
    return own === undefined || own.version <= row.version || bandOfRow(own) === bandOfRow(row);
  });
}

const bandOfRow = ({ onHand, reserved }: AvailabilityRow) => bandOf(onHand - reserved);

async function readPage(
  reader: Reader,
  threshold: bigint,
  cursor: LowStockCursor,
  pageSize: number,
): Promise<LowStockPage> {
  const rows: AvailabilityRow[] = [];
  const lastBand = bandOf(threshold);
  let { band, afterId } = cursor;
  for (let chunk = 0; band <= lastBand; chunk++) {
    if (chunk === MAX_CHUNKS) return { rows, next: { band, afterId } };
    const found = await readBand(reader, band, afterId, Math.max(CHUNK_ROWS, pageSize + 1));
    for (const row of found.rows) {
      if (row.onHand - row.reserved > threshold) continue;
      // One more than the page tells that there is a next one.
      if (rows.length === pageSize) return { rows, next: after(rows, cursor) };
      rows.push(row);
    }
    if (found.next === undefined) [band, afterId] = [band + 1, ''];
    else afterId = found.next;
  }
  return { rows, next: undefined };
}

function after(rows: readonly AvailabilityRow[], cursor: LowStockCursor): LowStockCursor {
  const last = rows.at(-1);
  return last ? { band: bandOfRow(last), afterId: last.productId } : cursor;
}

/** Rows of a band after an id, and the id to go on from; undefined when the band has no more. */
async function readBand(
  reader: Reader,
  band: number,
  afterId: string,
  limit: number,
): Promise<{ readonly rows: readonly AvailabilityRow[]; readonly next: string | undefined }> {
  const rows = await mergeBuckets<AvailabilityRow>(
    limit,
    (row) => row.productId,
    async (bucket, size) => {
      const rest = 'WHERE band = ? AND bucket = ? AND product_id > ? LIMIT ?';
      const found = await reader.select(stockByBand, '*', rest, [band, bucket, afterId, size]);
      return found.filter((row) => isThere(row)).map(toAvailability);
    },
  );
  return { rows, next: rows.length === limit ? rows.at(-1)?.productId : undefined };
}
