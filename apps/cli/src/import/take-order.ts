import type { PlannedOrder } from './plan-import.ts';
import { CURRENCY, send, sendOrDone, type Sending } from './sending.ts';

/** What became of an invoice. */
export type TakenOrder =
  | {
      readonly kind: 'taken';
      /** It was there already, and so long that its request id is forgotten: its returns may be there too. */
      readonly isOld: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** Places, pays and ships an order. What is done already stays as it is. */
export async function takeOrder(order: PlannedOrder, replay: number, sending: Sending): Promise<TakenOrder> {
  const orderId = sending.ids.order(order.orderId, replay);
  const placed = await place(order, orderId, sending);
  if (placed.kind === 'refused') return placed;
  const paid = await pay(order, orderId, sending);
  // Somebody else's order has this id, and costs something else.
  if (!paid && placed.isOld) return { kind: 'refused', reason: 'ORDER_EXISTS' };
  if (!paid) throw new Error(`order ${orderId} costs something else than its lines in the file`);
  const { client, ids } = sending;
  const ship = { requestId: ids.request(`ship/${orderId}`), orderId };
  await sendOrDone(sending, ['ORDER_STATUS_CONFLICT'], `the shipment of order ${orderId}`, () =>
    client.orders.shipOrder(ship),
  );
  return placed;
}

async function place(order: PlannedOrder, orderId: string, sending: Sending): Promise<TakenOrder> {
  const { client, ids, patiently, onPlaced } = sending;
  const { customerId, placedAt } = order;
  const requestId = ids.request(`place/${orderId}`);
  const lines = order.lines.map(({ stockCode: productId, quantity, unitPriceMinor }) => ({
    productId,
    quantity,
    unitPrice: { currencyCode: CURRENCY, amountMinor: unitPriceMinor },
  }));
  const request = { requestId, orderId, customerId, lines, placedAt };
  const outcome = await send(patiently, () => client.orders.placeOrder(request));
  if (outcome.kind === 'accepted') {
    const { receipt } = outcome.answer;
    if (receipt?.token && !receipt.replayed) onPlaced?.(orderId, receipt.token);
    return { kind: 'taken', isOld: false };
  }
  const { reason } = outcome;
  return reason === 'ORDER_EXISTS' || reason === 'REQUEST_ID_REUSED'
    ? { kind: 'taken', isOld: true }
    : outcome;
}

/** Pays an order; false when it costs something else than the file says. */
async function pay(order: PlannedOrder, orderId: string, sending: Sending): Promise<boolean> {
  const { client, ids, patiently } = sending;
  const amountMinor = order.lines.reduce(
    (sum, { quantity, unitPriceMinor }) => sum + quantity * unitPriceMinor,
    0n,
  );
  const request = {
    requestId: ids.request(`pay/${orderId}`),
    orderId,
    amount: { currencyCode: CURRENCY, amountMinor },
    paymentReference: `import ${orderId}`,
  };
  const outcome = await send(patiently, () => client.orders.payOrder(request));
  if (outcome.kind === 'accepted') return true;
  if (outcome.reason === 'PAYMENT_AMOUNT_MISMATCH') return false;
  if (outcome.reason === 'ORDER_STATUS_CONFLICT' || outcome.reason === 'REQUEST_ID_REUSED') return true;
  throw new Error(`the payment of order ${orderId} was refused: ${outcome.reason}`);
}
