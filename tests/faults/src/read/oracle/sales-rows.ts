import type { OrderKeys } from '@meridian/contracts';
import type { Recorded } from '../history.ts';
import { expectedTable, increase, type ExpectedTable } from './cells.ts';

/** One event's part in the totals. */
export interface Sale {
  readonly keys: OrderKeys;
  readonly day: string;
  readonly addends: Readonly<Record<string, bigint>>;
  readonly sign: bigint;
  readonly lines: readonly {
    readonly productId: string;
    readonly productName: string;
    readonly quantity: bigint;
    readonly unitPriceMinor: bigint;
  }[];
}

const NONE = {
  orders_placed: 0n,
  orders_cancelled: 0n,
  placed_minor: 0n,
  cancelled_minor: 0n,
  returned_minor: 0n,
};

/** What an event adds to the totals; undefined when it adds nothing. */
export function saleOf({ event }: Recorded): Sale | undefined {
  if (!('keys' in event.data) || !event.data.keys) return undefined;
  const { keys } = event.data;
  const { totalMinor } = keys;
  switch (event.type) {
    case 'OrderPlaced': {
      const addends = { ...NONE, orders_placed: 1n, placed_minor: totalMinor };
      return { keys, day: keys.placedOn, addends, sign: 1n, lines: event.data.lines };
    }
    case 'OrderCancelled': {
      const addends = { ...NONE, orders_cancelled: 1n, cancelled_minor: totalMinor };
      return { keys, day: event.data.cancelledOn, addends, sign: -1n, lines: event.data.lines };
    }
    case 'ItemsReturned': {
      const addends = { ...NONE, returned_minor: event.data.refundMinor };
      return { keys, day: event.data.returnedOn, addends, sign: -1n, lines: event.data.lines };
    }
    default:
      return undefined;
  }
}

/** The rows of totals: the sums of each Kafka partition, and the last position in them. */
export function salesRows(journal: readonly Recorded[]): readonly ExpectedTable[] {
  const days = expectedTable('daily_sales', 'day', 'country', 'currency', 'kafka_partition');
  const products = expectedTable('product_sales', 'day', 'currency', 'product_id', 'kafka_partition');
  for (const recorded of journal) {
    const sale = saleOf(recorded);
    if (!sale) continue;
    const { keys, day, addends, sign, lines } = sale;
    const { country, currencyCode: currency } = keys;
    const [kafka_partition, last_position] = [recorded.shard, recorded.position];
    increase(days, { day, country, currency, kafka_partition }, addends, { last_position });
    for (const { productId: product_id, productName, quantity, unitPriceMinor } of lines)
      increase(
        products,
        { day, currency, product_id, kafka_partition },
        { units: sign * quantity, revenue_minor: sign * quantity * unitPriceMinor },
        { product_name: productName, last_position },
      );
  }
  return [days, products];
}
