import type { Recorded } from '../history.ts';
import { expectedTable, put, type ExpectedTable } from './cells.ts';

/** The catalogue's rows. */
export function catalogRows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  const products = expectedTable('product', 'product_id');
  for (const { event, aggregateId, version, position } of journal) {
    const write = (cells: Record<string, unknown>) =>
      put(products, { product_id: aggregateId }, { ...cells, version, position });
    if (event.type === 'ProductCreated') {
      const { name, price } = event.data;
      write({
        name,
        price_minor: price?.amountMinor,
        currency: price?.currencyCode,
        discontinued: false,
      });
    } else if (event.type === 'PriceChanged') write({ price_minor: event.data.newPrice?.amountMinor });
    else if (event.type === 'ProductDiscontinued') write({ discontinued: true });
  }
  return [products];
}
