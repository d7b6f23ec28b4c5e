import { existingOrder, isOrderOf, reasonNotShipped, standingOf } from './existing-order.ts';
import type { PlannedOrder } from './plan.ts';
import { CURRENCY, send, sendOrDone, type Sending } from './sending.ts';

/** The approximate size of a request, and of each of its lines. */
const ORDER_BYTES = 256;
const LINE_BYTES = 48;

/** The result of an invoice. */
export type TakenOrder =
  | {
      readonly kind: 'taken';
      /** The order existed before this run: its returns may exist too. */
      readonly isOld: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      /** An order of that id existed before this run. */
      readonly isOld: boolean;
    };

/**
 * Places, pays and ships an order. Completed steps are not changed. An order of that id with other content is not
 * touched, and refused as ORDER_EXISTS. A cancelled order is refused as ORDER_CANCELLED.
 */
export async function takeOrder(order: PlannedOrder, replay: number, sending: Sending): Promise<TakenOrder> {
  const orderId = sending.ids.order(order.orderId, replay);
  const placed = await place(order, orderId, sending);
  if (placed.kind === 'refused' || placed.kind === 'taken') return placed;
  await pay(order, orderId, sending);
  const reason = await ship(orderId, sending);
  const { isOld } = placed;
  return reason === undefined ? { kind: 'taken', isOld } : { kind: 'refused', reason, isOld };
}

/** An existing order that is still to be paid and shipped. */
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
  if (outcome.reason !== 'ORDER_EXISTS' && outcome.reason !== 'REQUEST_ID_REUSED')
    return { ...outcome, isOld: false };
  const found = await existingOrder(orderId, sending);
  const isOld = true;
  if (found.kind === 'refused') return { ...found, isOld };
  if (!isOrderOf(order, found.answer)) return { kind: 'refused', reason: 'ORDER_EXISTS', isOld };
  const standing = standingOf(found.answer);
  if (standing === 'cancelled') return { kind: 'refused', reason: 'ORDER_CANCELLED', isOld };
  return { kind: standing === 'done' ? 'taken' : 'open', isOld };
}

/** Pays an order whose total is known to be the file's. */
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

/** Ships an order. Resolves with the reason when the order neither is nor was shipped. */
async function ship(orderId: string, sending: Sending): Promise<string | undefined> {
  const request = { requestId: sending.ids.request(`ship/${orderId}`), orderId };
  const outcome = await send(sending.patiently, () => sending.client.orders.shipOrder(request));
  if (outcome.kind === 'accepted' || outcome.reason === 'REQUEST_ID_REUSED') return undefined;
  if (outcome.reason === 'ORDER_STATUS_CONFLICT') return reasonNotShipped(orderId, sending);
  throw new Error(`the shipment of order ${orderId} was refused: ${outcome.reason}`);
}
