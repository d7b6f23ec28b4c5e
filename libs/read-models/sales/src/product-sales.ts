import { createLimiter } from '@meridian/async';
import type { Row } from '@meridian/cassandra';
import type { PartitionKey, Positions } from '@meridian/contracts';
import { withinInt64 } from '@meridian/kernel';
import { bigint, int, KAFKA_PARTITION, LAST_POSITION, type Reader, sum, text } from '@meridian/projection';
import { rowPages } from '@meridian/read-store';
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
}

/** What products sold. */
export interface ProductSales {
  /** In no order. */
  readonly products: readonly ProductSalesRow[];
  /** The events that the sums include, by partition: the last of them. */
  readonly includes: Positions;
}

/** Which sales to add up. */
export interface ProductSalesQuestion {
  readonly fromDay: string;
  readonly toDay: string;
  readonly currency: string;
  readonly signal?: AbortSignal;
}

/** The days asked for hold more than one question may read: ask for fewer. */
export class TooManySalesError extends Error {
  override readonly name = 'TooManySalesError';
  constructor(days: number) {
    super(`these ${days} days hold more than ${MOST_SHARES} sums of products`);
  }
}

/** Every product has a sum per day and Kafka partition: so many are read for one question. */
export const MOST_SHARES = 200_000;
const SHARES_AT_ONCE = 5_000;
const DAYS_AT_ONCE = 4;

/**
 * All products sold in one currency from the first day to the last, both included. Read are pages, of a few days at once. Rejects with
 * TooManySalesError where the days hold too much for one question, and with the signal's reason between two pages.
 */
export async function productSalesBetween(
  reader: Reader,
  { fromDay, toDay, currency, signal }: ProductSalesQuestion,
): Promise<ProductSales> {
  const days = daysBetween(fromDay, toDay);
  const sums = createSums();
  const over = new AbortController();
  const until = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  let shares = 0;
  const limited = createLimiter(DAYS_AT_ONCE);
  const addDay = async (day: string) => {
    signal?.throwIfAborted();
    for await (const rows of sharesOf(reader, day, currency, until)) {
      signal?.throwIfAborted();
      shares += rows.length;
      if (shares > MOST_SHARES) throw new TooManySalesError(days.length);
      for (const row of rows) sums.add(row);
    }
  };
  try {
    await Promise.all(days.map((day) => limited(() => addDay(day))));
  } finally {
    // One that failed ends the others.
    over.abort();
  }
  return sums.all();
}

function sharesOf(
  reader: Reader,
  day: string,
  currency: string,
  signal: AbortSignal,
): AsyncGenerator<readonly Row[], void> {
  const read = (last: Row | undefined, size: number) =>
    last
      ? reader.select(
          productSales,
          '*',
          `WHERE day = ? AND currency = ? AND (product_id, ${KAFKA_PARTITION}) > (?, ?) LIMIT ?`,
          [day, currency, text(last, 'product_id'), int(last, KAFKA_PARTITION), size],
        )
      : reader.select(productSales, '*', 'WHERE day = ? AND currency = ? LIMIT ?', [day, currency, size]);
  return rowPages(SHARES_AT_ONCE, read, { signal, places: reader.pages });
}

interface Sum {
  productName: string;
  nameOf: bigint;
  units: bigint;
  revenueMinor: bigint;
}

function createSums() {
  const byProduct = new Map<string, Sum>();
  const includes = new Map<PartitionKey, bigint>();
  return {
    add(row: Row): void {
      for (const [key, position] of includedBy(row))
        if (position > (includes.get(key) ?? 0n)) includes.set(key, position);
      const productId = text(row, 'product_id');
      const sold = byProduct.get(productId) ?? { productName: '', nameOf: -1n, units: 0n, revenueMinor: 0n };
      byProduct.set(productId, sold);
      const position = bigint(row, LAST_POSITION);
      if (position > sold.nameOf)
        Object.assign(sold, { productName: text(row, 'product_name'), nameOf: position });
      sold.units += sum(row, 'units');
      sold.revenueMinor += sum(row, 'revenue_minor');
    },
    all(): ProductSales {
      const products = [...byProduct].map(([productId, { productName, units, revenueMinor }]) => ({
        productId,
        productName,
        units: withinInt64(units),
        revenueMinor: withinInt64(revenueMinor),
      }));
      return { products, includes };
    },
  };
}
