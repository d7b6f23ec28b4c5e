import { accept, refuse, type Amount, type Decision } from '@meridian/kernel';
import { keysOf, type Order, type OrderEvent, type OrderStatus } from './order.ts';

/** Records a payment in full. Refused unless the order is placed, and unless the amount is its total. */
export function payOrder(
  state: Order | undefined,
  command: { orderId: string; amount: Amount; paymentReference: string; paidAt: Date },
): Decision<OrderEvent> {
  const { orderId, amount, paymentReference, paidAt } = command;
  if (!state) return orderNotFound(orderId);
  if (state.status !== 'placed') return statusConflict(state, 'pay', ['placed']);
  if (amount.currencyCode !== state.currencyCode || amount.amountMinor !== state.totalMinor) {
    return refuse(
      'failed-precondition',
      'PAYMENT_AMOUNT_MISMATCH',
      `order ${orderId} costs ${state.totalMinor} ${state.currencyCode} (minor units), not ${amount.amountMinor} ${amount.currencyCode}`,
    );
  }
  return accept({ type: 'OrderPaid', data: { keys: keysOf(state), paymentReference, paidAt } });
}

/** Records that the order was shipped. Refused unless the order is paid. */
export function shipOrder(
  state: Order | undefined,
  command: { orderId: string; carrier: string; trackingNumber: string; shippedAt: Date },
): Decision<OrderEvent> {
  const { orderId, carrier, trackingNumber, shippedAt } = command;
  if (!state) return orderNotFound(orderId);
  if (state.status !== 'paid') return statusConflict(state, 'ship', ['paid']);
  return accept({ type: 'OrderShipped', data: { keys: keysOf(state), carrier, trackingNumber, shippedAt } });
}

/** Records that the order arrived. Refused unless the order was shipped. */
export function deliverOrder(
  state: Order | undefined,
  { orderId, deliveredAt }: { orderId: string; deliveredAt: Date },
): Decision<OrderEvent> {
  if (!state) return orderNotFound(orderId);
  if (state.status !== 'shipped') return statusConflict(state, 'deliver', ['shipped']);
  return accept({ type: 'OrderDelivered', data: { keys: keysOf(state), deliveredAt } });
}

/** Cancels the order before it is shipped. The amount paid is to be paid back. */
export function cancelOrder(
  state: Order | undefined,
  command: { orderId: string; reason: string; cancelledAt: Date; cancelledOn: string },
): Decision<OrderEvent> {
  const { orderId, reason, cancelledAt, cancelledOn } = command;
  if (!state) return orderNotFound(orderId);
  if (state.status !== 'placed' && state.status !== 'paid')
    return statusConflict(state, 'cancel', ['placed', 'paid']);
  const lines = state.lines.map(({ lineNo, productId, productName, quantity, unitPriceMinor }) => ({
    lineNo,
    productId,
    productName,
    quantity,
    unitPriceMinor,
  }));
  const refundMinor = state.status === 'paid' ? state.totalMinor : 0n;
  const keys = keysOf(state);
  return accept({
    type: 'OrderCancelled',
    data: { keys, reason, lines, refundMinor, cancelledAt, cancelledOn },
  });
}

/** The refusal for an order that does not exist. */
export function orderNotFound(orderId: string): ReturnType<typeof refuse> {
  return refuse('not-found', 'ORDER_NOT_FOUND', `there is no order ${orderId}`);
}

/** The refusal for a step that the life cycle does not allow now. */
export function statusConflict(
  state: Order,
  step: string,
  allowed: readonly OrderStatus[],
): ReturnType<typeof refuse> {
  const description = `cannot ${step} order ${state.orderId}: it is ${state.status}, and it must be ${allowed.join(' or ')}`;
  const violation = { type: 'ORDER_STATUS_CONFLICT', subject: `order/${state.orderId}`, description };
  return refuse('failed-precondition', 'ORDER_STATUS_CONFLICT', description, [violation]);
}
