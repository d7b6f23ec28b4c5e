import { mergePositions, type Positions } from '@meridian/contracts';
import { withinInt64 } from '@meridian/kernel';
import type { OrderHead } from './find-order.ts';

/** What some orders are worth. */
export interface Worth {
  /** Orders placed and not cancelled. */
  readonly ordersPlaced: number;
  /** Their worth less returns, by currency: ISO 4217 has about 180. */
  readonly byCurrency: ReadonlyMap<string, bigint>;
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/** The worth of no orders. */
export const NO_WORTH: Worth = { ordersPlaced: 0, byCurrency: new Map(), includes: new Map() };

/** The worth of these orders. A cancelled one has none, and its currency counts as one in which the customer ordered. */
export function worthOf(orders: readonly OrderHead[]): Worth {
  let ordersPlaced = 0;
  const byCurrency = new Map<string, bigint>();
  for (const { status, currencyCode, totalMinor, returnedMinor } of orders) {
    const isPlaced = status !== 'cancelled';
    ordersPlaced += isPlaced ? 1 : 0;
    addTo(byCurrency, currencyCode, isPlaced ? totalMinor - returnedMinor : 0n);
  }
  return { ordersPlaced, byCurrency, includes: mergePositions(...orders.map(({ includes }) => includes)) };
}

/** The worth of all orders of two. A sum stops at the largest number of 64 bits. */
export function addUp(one: Worth, other: Worth): Worth {
  const byCurrency = new Map(one.byCurrency);
  for (const [currencyCode, minor] of other.byCurrency) addTo(byCurrency, currencyCode, minor);
  return {
    ordersPlaced: one.ordersPlaced + other.ordersPlaced,
    byCurrency,
    includes: mergePositions(one.includes, other.includes),
  };
}

function addTo(byCurrency: Map<string, bigint>, currencyCode: string, minor: bigint): void {
  byCurrency.set(currencyCode, withinInt64((byCurrency.get(currencyCode) ?? 0n) + minor));
}
