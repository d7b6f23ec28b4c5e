import type { OrderKeys } from '@meridian/contracts';
import { add, type Mutation, type Projection } from '@meridian/projection';
import { monthOfDay } from './days.ts';
import { dailySales, productSales } from './tables.ts';

/** Keeps the sales totals: placed on the day of placing, cancelled and returned on the day of that. */
export const salesProjection: Projection = {
  name: 'sales',
  version: 1,
  contexts: ['orders'],
  tables: [dailySales, productSales],
  roundMs: 100,
  project(event) {
    switch (event.type) {
      case 'OrderPlaced': {
        const { keys, lines } = event.data;
        if (!keys) return [];
        const totals = { orders_placed: 1n, placed_minor: keys.totalMinor };
        return [
          add(dailySales, dayKey(keys, keys.placedOn), totals),
          ...products(keys, keys.placedOn, lines, 1n),
        ];
      }
      case 'OrderCancelled': {
        const { keys, lines, cancelledOn } = event.data;
        if (!keys) return [];
        const totals = { orders_cancelled: 1n, cancelled_minor: keys.totalMinor };
        return [
          add(dailySales, dayKey(keys, cancelledOn), totals),
          ...products(keys, cancelledOn, lines, -1n),
        ];
      }
      case 'ItemsReturned': {
        const { keys, lines, refundMinor, returnedOn } = event.data;
        if (!keys) return [];
        const totals = { returned_minor: refundMinor };
        return [add(dailySales, dayKey(keys, returnedOn), totals), ...products(keys, returnedOn, lines, -1n)];
      }
      default:
        return [];
    }
  },
};

function dayKey(keys: OrderKeys, day: string) {
  return { month: monthOfDay(day), day, country: keys.country, currency: keys.currencyCode };
}

interface SoldLine {
  readonly productId: string;
  readonly productName: string;
  readonly quantity: bigint;
  readonly unitPriceMinor: bigint;
}

function products(
  keys: OrderKeys,
  day: string,
  lines: readonly SoldLine[],
  sign: bigint,
): readonly Mutation[] {
  return lines.map(({ productId, productName, quantity, unitPriceMinor }) =>
    add(
      productSales,
      { day, currency: keys.currencyCode, product_id: productId },
      { units: sign * quantity, revenue_minor: sign * quantity * unitPriceMinor },
      { product_name: productName },
    ),
  );
}
