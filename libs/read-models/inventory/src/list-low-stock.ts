import { mergePositions, type Positions } from '@meridian/contracts';
import { isThere, type Reader, text } from '@meridian/projection';
import { mergeBuckets } from '@meridian/read-store';
import { bandOf } from './band.ts';
import { findAvailabilities, type AvailabilityRow } from './find-availability.ts';
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
  /** The events that the page includes, by partition. They include what keeps a product that was looked at out of the page. */
  readonly includes: Positions;
}

/** How many rows of each bucket are read at once, and how often for one page: what is above the threshold costs reads too. */
const CHUNK_ROWS = 200;
const MAX_CHUNKS = 25;

/**
 * Products with at most `threshold` pieces available: by band, lowest first, then by id in byte order. A page may be shorter
 * than asked, or empty, and still have a next one: the reads that one page costs are bounded. A product that changes its band
 * between two pages, or between two reads of one page, may be in both bands, or in none. The list names products, and how
 * many pieces there are is in a product's own row, which is never deleted. So a row of the list that was left behind shows
 * nothing. Answers from generations of version 1, too: their lists name the same products in the same bands.
 * Rejects with the signal's reason between two reads.
 */
export async function listLowStock(
  reader: Reader,
  threshold: bigint,
  cursor: LowStockCursor,
  pageSize: number,
  signal?: AbortSignal,
): Promise<LowStockPage> {
  const rows: AvailabilityRow[] = [];
  const looked: Positions[] = [];
  const page = (next?: LowStockCursor) => ({ rows, next, includes: mergePositions(...looked) });
  const lastBand = bandOf(threshold);
  let { band, afterId } = cursor;
  for (let chunk = 0; band <= lastBand; chunk++) {
    if (chunk === MAX_CHUNKS) return page({ band, afterId });
    signal?.throwIfAborted();
    const found = await readBand(reader, band, afterId, Math.max(CHUNK_ROWS, pageSize + 1), signal);
    for (const row of found.rows) {
      looked.push(row.includes);
      // A row of the list may have been left behind in this band.
      if (bandOfRow(row) !== band || row.onHand - row.reserved > threshold) continue;
      // One more than the page tells that there is a next one.
      if (rows.length === pageSize) return page(after(rows, cursor));
      rows.push(row);
    }
    if (found.next === undefined) [band, afterId] = [band + 1, ''];
    else afterId = found.next;
  }
  return page();
}

const bandOfRow = ({ onHand, reserved }: AvailabilityRow) => bandOf(onHand - reserved);

function after(rows: readonly AvailabilityRow[], cursor: LowStockCursor): LowStockCursor {
  const last = rows.at(-1);
  return last ? { band: bandOfRow(last), afterId: last.productId } : cursor;
}

/** The products that are listed in a band after an id, with their stock. Also the id to go on from; undefined when the band has no more. */
async function readBand(
  reader: Reader,
  band: number,
  afterId: string,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly rows: readonly AvailabilityRow[]; readonly next: string | undefined }> {
  const listed = await mergeBuckets<string>(
    limit,
    (productId) => productId,
    async (bucket, size) => {
      const rest = 'WHERE band = ? AND bucket = ? AND product_id > ? LIMIT ?';
      const found = await reader.select(stockByBand, 'product_id, version', rest, [
        band,
        bucket,
        afterId,
        size,
      ]);
      return found.filter((row) => isThere(row)).map((row) => text(row, 'product_id'));
    },
  );
  signal?.throwIfAborted();
  const stock = await findAvailabilities(reader, listed);
  const rows = listed.flatMap((productId) => {
    const own = stock.get(productId);
    return own ? [own] : [];
  });
  return { rows, next: listed.length === limit ? listed.at(-1) : undefined };
}
