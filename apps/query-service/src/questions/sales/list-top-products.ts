import {
  TopProductsOrder,
  type ListTopProductsRequest,
  type ListTopProductsResponse,
} from '@meridian/contracts';
import { productSalesBetween, TooManySalesError, type ProductSalesRow } from '@meridian/read-model-sales';
import { refusalError } from '@meridian/rpc';
import { answer, type Question } from '../../answering.ts';
import type { ReadModel } from '../../read-model.ts';

const DEFAULT_LIMIT = 10;

/** The products that sold best. */
export function listTopProducts(sales: ReadModel): Question<ListTopProductsRequest, ListTopProductsResponse> {
  return async ({ fromDay, toDay, currencyCode, orderBy, limit, read }, context) => {
    const { value, freshness } = await answer(
      sales,
      read,
      context,
      ({ reader, signal }) =>
        productSalesBetween(reader, {
          fromDay,
          toDay: toDay || fromDay,
          currency: currencyCode,
          signal,
        }).catch((error: unknown) => {
          throw toldToCallers(error);
        }),
      // The best are chosen from all of them.
      { includes: ({ includes }) => [includes] },
    );
    const measure = (row: ProductSalesRow) =>
      orderBy === TopProductsOrder.UNITS ? row.units : row.revenueMinor;
    const best = [...value.products]
      .sort((a, b) => compare(measure(b), measure(a)) || compare(a.productId, b.productId))
      .slice(0, limit || DEFAULT_LIMIT);
    const products = best.map(({ productId, productName, units, revenueMinor }) => ({
      productId,
      productName,
      units,
      revenue: { currencyCode, amountMinor: revenueMinor },
    }));
    return { products, freshness };
  };
}

function toldToCallers(error: unknown): unknown {
  if (!(error instanceof TooManySalesError)) return error;
  return refusalError({
    kind: 'failed-precondition',
    code: 'RANGE_TOO_LARGE',
    message: `${error.message}; ask for fewer days`,
    violations: [{ type: 'RANGE_TOO_LARGE', subject: 'from_day', description: error.message }],
  });
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
