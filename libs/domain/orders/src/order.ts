import type { EventOf, OrderKeys, PlacedLine } from '@meridian/contracts';

/** An order's status in its life cycle: placed, paid, shipped, delivered; or cancelled, before it is shipped. */
export type OrderStatus = 'placed' | 'paid' | 'shipped' | 'delivered' | 'cancelled';

/** A line of an order. Invariant: 0 <= returnedQuantity <= quantity. */
export interface OrderLine extends PlacedLine {
  readonly returnedQuantity: bigint;
}

/** An order as the rules see it. Invariant: totalMinor is the sum of its lines. */
export interface Order {
  readonly orderId: string;
  readonly customerId: string;
  readonly country: string;
  readonly currencyCode: string;
  readonly status: OrderStatus;
  readonly placedAt: Date;
  /** The business day of placedAt. */
  readonly placedOn: string;
  readonly totalMinor: bigint;
  /** Empty until paid. */
  readonly paymentReference: string;
  /** By line number, which starts at 1. */
  readonly lines: readonly OrderLine[];
}

/** The events of an order. */
export type OrderEvent = EventOf<
  'OrderPlaced' | 'OrderPaid' | 'OrderShipped' | 'OrderDelivered' | 'OrderCancelled' | 'ItemsReturned'
>;

/** What lines cost together, in minor units. */
export function sumOf(
  lines: readonly { readonly quantity: bigint; readonly unitPriceMinor: bigint }[],
): bigint {
  return lines.reduce((sum, { quantity, unitPriceMinor }) => sum + quantity * unitPriceMinor, 0n);
}

/** What every event of an order repeats, so that a projection needs no look-up. */
export function keysOf(order: Order): OrderKeys {
  const { orderId, customerId, country, currencyCode, placedAt, placedOn, totalMinor } = order;
  return { orderId, customerId, country, currencyCode, placedAt, placedOn, totalMinor };
}

/** The order after one of its events. Throws when the event cannot follow the state: the journal would be broken. */
export function evolveOrder(state: Order | undefined, event: OrderEvent): Order {
  if (event.type === 'OrderPlaced') return placed(state, event.data);
  if (!state) throw new Error(`${event.type} without OrderPlaced`);
  switch (event.type) {
    case 'OrderPaid':
      return {
        ...moved(state, event.type, ['placed'], 'paid'),
        paymentReference: event.data.paymentReference,
      };
    case 'OrderShipped':
      return moved(state, event.type, ['paid'], 'shipped');
    case 'OrderDelivered':
      return moved(state, event.type, ['shipped'], 'delivered');
    case 'OrderCancelled':
      return moved(state, event.type, ['placed', 'paid'], 'cancelled');
    case 'ItemsReturned':
      return event.data.lines.reduce(
        withReturned,
        moved(state, event.type, ['shipped', 'delivered'], state.status),
      );
  }
}

function placed(state: Order | undefined, data: EventOf<'OrderPlaced'>['data']): Order {
  const { keys, lines } = data;
  if (state || !keys?.placedAt) throw new Error(`OrderPlaced cannot follow for order ${keys?.orderId}`);
  if (sumOf(lines) !== keys.totalMinor)
    throw new Error(`order ${keys.orderId}: the total is not the sum of the lines`);
  return {
    ...keys,
    placedAt: keys.placedAt,
    status: 'placed',
    paymentReference: '',
    lines: lines.map((line) => ({ ...line, returnedQuantity: 0n })),
  };
}

function moved(state: Order, type: string, from: readonly OrderStatus[], to: OrderStatus): Order {
  if (!from.includes(state.status))
    throw new Error(`${type} cannot follow: order ${state.orderId} is ${state.status}`);
  return { ...state, status: to };
}

function withReturned(order: Order, returned: { lineNo: number; quantity: bigint }): Order {
  const lines = order.lines.map((line) => {
    if (line.lineNo !== returned.lineNo) return line;
    const returnedQuantity = line.returnedQuantity + returned.quantity;
    if (returnedQuantity > line.quantity)
      throw new Error(`order ${order.orderId}: more came back than was ordered`);
    return { ...line, returnedQuantity };
  });
  return { ...order, lines };
}
