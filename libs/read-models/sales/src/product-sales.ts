import type { Row } from '@meridian/cassandra';
import { mergePositions, type Positions } from '@meridian/contracts';
import { withinInt64 } from '@meridian/kernel';
import { bigint, LAST_POSITION, type Reader, text } from '@meridian/projection';
import { daysBetween } from './days.ts';
import { includedBy } from './included-by.ts';
import { productSales } from './tables.ts';

/** What one product sold in one currency. */
export interface ProductSalesRow {
  readonly productId: string;
  /** Its name in the latest of the events that are in the sums. */
  readonly productName: string;
  readonly units: bigint;
  readonly revenueMinor: bigint;
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/** All products sold in one currency from the first day to the last, both included; in no order. */
export async function productSalesBetween(
  reader: Reader,
  fromDay: string,
  toDay: string,
  currency: string,
): Promise<readonly ProductSalesRow[]> {
  const days = await Promise.all(
    daysBetween(fromDay, toDay).map((day) =>
      reader.select(productSales, '*', 'WHERE day = ? AND currency = ?', [day, currency]),
    ),
  );
  const byProduct = Map.groupBy(days.flat(), (row) => text(row, 'product_id'));
  return [...byProduct].map(([productId, rows]) => ({ productId, ...sum(rows) }));
}

function sum(rows: readonly Row[]): Omit<ProductSalesRow, 'productId'> {
  const latest = rows.reduce((a, b) => (bigint(a, LAST_POSITION) > bigint(b, LAST_POSITION) ? a : b));
  return {
    productName: text(latest, 'product_name'),
    units: withinInt64(rows.reduce((total, row) => total + bigint(row, 'units'), 0n)),
    revenueMinor: withinInt64(rows.reduce((total, row) => total + bigint(row, 'revenue_minor'), 0n)),
    includes: mergePositions(...rows.map(includedBy)),
  };
}
