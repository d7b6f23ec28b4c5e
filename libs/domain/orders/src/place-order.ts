import { accept, refuse, type Decision } from '@meridian/kernel';
import { sumOf, type Order, type OrderEvent } from './order.ts';

/** What is needed to place an order: prices and names are resolved, the customer is known. */
export interface PlaceOrder {
  readonly orderId: string;
  readonly customerId: string;
  readonly country: string;
  readonly placedAt: Date;
  /** The business day of placedAt: YYYY-MM-DD. */
  readonly placedOn: string;
  /** At least one. */
  readonly lines: readonly {
    readonly productId: string;
    readonly productName: string;
    readonly quantity: bigint;
    readonly unitPriceMinor: bigint;
    readonly currencyCode: string;
  }[];
}

/**
 * The most that an order may cost, in minor units. Sums over orders are 64-bit integers. A sum has room for
 * 922,337 orders of this size, per day and country, per product or per customer. Without the bound, eight
 * orders made a sum turn negative.
 */
export const MAX_ORDER_TOTAL_MINOR = 10_000_000_000_000n;

/** The id of an order that is to be placed is taken (ORDER_EXISTS). */
export function orderExists(orderId: string): ReturnType<typeof refuse> {
  return refuse('already-exists', 'ORDER_EXISTS', `order ${orderId} exists already`);
}

/**
 * Places an order. Refusals:
 *
 * - ORDER_EXISTS: the id is taken.
 * - CURRENCY_MISMATCH: the lines name several currencies.
 * - ORDER_TOTAL_TOO_LARGE: the sum is more than an order may cost.
 */
export function placeOrder(state: Order | undefined, command: PlaceOrder): Decision<OrderEvent> {
  const { orderId, customerId, country, placedAt, placedOn } = command;
  if (state) return orderExists(orderId);
  const currencies = [...new Set(command.lines.map((line) => line.currencyCode))];
  const [currencyCode] = currencies;
  if (currencyCode === undefined) throw new Error(`order ${orderId} has no lines`);
  if (currencies.length > 1) {
    return refuse(
      'failed-precondition',
      'CURRENCY_MISMATCH',
      `an order has one currency, and order ${orderId} names ${currencies.join(' and ')}`,
    );
  }
  const lines = command.lines.map(({ productId, productName, quantity, unitPriceMinor }, index) => ({
    lineNo: index + 1,
    productId,
    productName,
    quantity,
    unitPriceMinor,
  }));
  const totalMinor = sumOf(lines);
  if (totalMinor > MAX_ORDER_TOTAL_MINOR) {
    return refuse(
      'failed-precondition',
      'ORDER_TOTAL_TOO_LARGE',
      `order ${orderId} comes to ${totalMinor} minor units, and an order may cost ${MAX_ORDER_TOTAL_MINOR}: place several orders`,
    );
  }
  const keys = { orderId, customerId, country, currencyCode, placedAt, placedOn, totalMinor };
  return accept({ type: 'OrderPlaced', data: { keys, lines } });
}
