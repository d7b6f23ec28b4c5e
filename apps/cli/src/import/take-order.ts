import { existingOrder, isOrderOf, reasonNotShipped, standingOf } from './existing-order.ts';
import type { PlannedOrder } from './plan-import.ts';
import { CURRENCY, send, sendOrDone, type Sending } from './sending.ts';

/** About what a request has, and what each of its lines adds. */
const ORDER_BYTES = 256;
const LINE_BYTES = 48;

/** What became of an invoice. */
export type TakenOrder =
  | {
      readonly kind: 'taken';
      /** It was there already: its returns may be there too. */
      readonly isOld: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Places, pays and ships an order. What is done already stays as it is. An order of that id with other content is not touched:
 * refused, ORDER_EXISTS. So is one that somebody cancelled: ORDER_CANCELLED.
 */
export async function takeOrder(order: PlannedOrder, replay: number, sending: Sending): Promise<TakenOrder> {
  const orderId = sending.ids.order(order.orderId, replay);
  const placed = await place(order, orderId, sending);
  if (placed.kind === 'refused' || placed.kind === 'taken') return placed;
  await pay(order, orderId, sending);
  const reason = await ship(orderId, sending);
  return reason === undefined ? { kind: 'taken', isOld: placed.isOld } : { kind: 'refused', reason };
}

/** An order that is there and still to be paid and shipped. */
interface OpenOrder {
  readonly kind: 'open';
  readonly isOld: boolean;
}

async function place(
  order: PlannedOrder,
  orderId: string,
  sending: Sending,
): Promise<TakenOrder | OpenOrder> {
  const { client, ids, patiently, onPlaced } = sending;
  const { customerId, placedAt } = order;
  const requestId = ids.request(`place/${orderId}`);
  const lines = order.lines.map(({ stockCode: productId, quantity, unitPriceMinor }) => ({
    productId,
    quantity,
    unitPrice: { currencyCode: CURRENCY, amountMinor: unitPriceMinor },
  }));
  const request = { requestId, orderId, customerId, lines, placedAt };
  const sizeBytes = ORDER_BYTES + LINE_BYTES * lines.length;
  const outcome = await send(patiently, () => client.orders.placeOrder(request), { sizeBytes });
  if (outcome.kind === 'accepted') {
    const { receipt } = outcome.answer;
    const isOld = receipt?.replayed ?? false;
    if (receipt?.token && !isOld) onPlaced?.(orderId, receipt.token);
    return { kind: 'open', isOld };
  }
  if (outcome.reason !== 'ORDER_EXISTS' && outcome.reason !== 'REQUEST_ID_REUSED') return outcome;
  const found = await existingOrder(orderId, sending);
  if (found.kind === 'refused') return found;
  if (!isOrderOf(order, found.answer)) return { kind: 'refused', reason: 'ORDER_EXISTS' };
  const standing = standingOf(found.answer);
  if (standing === 'cancelled') return { kind: 'refused', reason: 'ORDER_CANCELLED' };
  return { kind: standing === 'done' ? 'taken' : 'open', isOld: true };
}

/** Pays an order that is known to cost what the file says. */
async function pay(order: PlannedOrder, orderId: string, sending: Sending): Promise<void> {
  const amountMinor = order.lines.reduce(
    (sum, { quantity, unitPriceMinor }) => sum + quantity * unitPriceMinor,
    0n,
  );
  const request = {
    requestId: sending.ids.request(`pay/${orderId}`),
    orderId,
    amount: { currencyCode: CURRENCY, amountMinor },
    paymentReference: `import ${orderId}`,
  };
  const refused = await sendOrDone(sending, ['ORDER_STATUS_CONFLICT'], () =>
    sending.client.orders.payOrder(request),
  );
  if (refused) throw new Error(`the payment of order ${orderId} was refused: ${refused}`);
}

/** Ships an order; gives the reason when it neither is nor was shipped. */
async function ship(orderId: string, sending: Sending): Promise<string | undefined> {
  const request = { requestId: sending.ids.request(`ship/${orderId}`), orderId };
  const outcome = await send(sending.patiently, () => sending.client.orders.shipOrder(request));
  if (outcome.kind === 'accepted' || outcome.reason === 'REQUEST_ID_REUSED') return undefined;
  if (outcome.reason === 'ORDER_STATUS_CONFLICT') return reasonNotShipped(orderId, sending);
  throw new Error(`the shipment of order ${orderId} was refused: ${outcome.reason}`);
}
