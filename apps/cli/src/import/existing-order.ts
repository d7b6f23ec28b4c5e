import { setTimeout as pause } from 'node:timers/promises';
import { gathered, historyOf } from '@meridian/client';
import { OrderStatus, type Order, type OrderHistoryEntry } from '@meridian/contracts';
import type { PlannedOrder } from './plan.ts';
import { CURRENCY, send, type Outcome, type Sending } from './sending.ts';

const DEADLINE_MS = 20_000;

/**
 * Asks for an order that is known to exist. Waits for a region that does not know the order yet. Refuses an order that
 * the region does not show, such as a parked order.
 */
export async function existingOrder(
  orderId: string,
  { client, patiently }: Pick<Sending, 'client' | 'patiently'>,
): Promise<Outcome<Order>> {
  const question = () => client.orders.getOrder({ orderId }, { deadline: DEADLINE_MS });
  const outcome = await send(patiently, question, {
    passes: ({ reason }) => reason === 'ORDER_NOT_FOUND',
  });
  if (outcome.kind === 'refused') return outcome;
  const { order } = outcome.answer;
  if (!order) throw new Error(`the answer about order ${orderId} holds no order`);
  return { kind: 'accepted', answer: order };
}

/**
 * All steps of an order, oldest first, page by page where an answer about the order has only the newest steps. Refuses
 * an order that the region no longer shows.
 */
export async function wholeHistory(
  order: Order,
  { client, patiently }: Pick<Sending, 'client' | 'patiently'>,
): Promise<Outcome<readonly OrderHistoryEntry[]>> {
  const asking: Parameters<typeof historyOf>[0] = {
    listOrderHistory: (request) =>
      patiently(() => client.orders.listOrderHistory(request, { deadline: DEADLINE_MS })),
  };
  // The call of each page already waits out failures.
  return send(
    (call) => call(),
    () => gathered(historyOf(asking, order)),
  );
}

/** The standing of an order for an import: a shipped order is done, a cancelled order will never be done. */
export function standingOf({ summary }: Order): 'open' | 'done' | 'cancelled' {
  if (summary?.status === OrderStatus.CANCELLED) return 'cancelled';
  return summary?.status === OrderStatus.SHIPPED || summary?.status === OrderStatus.DELIVERED
    ? 'done'
    : 'open';
}

/** How often a region that is behind is looked at, and the pause between two looks. */
export const LOOKS = 40;
export const LOOK_AGAIN_MS = 250;

/**
 * Why the services refuse to ship an order; undefined when the order was shipped before. A region that still shows the
 * order as open is behind: it is asked again, for some seconds.
 */
export async function reasonNotShipped(
  orderId: string,
  sending: Pick<Sending, 'client' | 'patiently'>,
): Promise<string | undefined> {
  for (let look = 1; look <= LOOKS; look++) {
    const found = await existingOrder(orderId, sending);
    if (found.kind === 'refused') return found.reason;
    const standing = standingOf(found.answer);
    if (standing !== 'open') return standing === 'done' ? undefined : 'ORDER_CANCELLED';
    await pause(LOOK_AGAIN_MS);
  }
  return 'ORDER_STATUS_CONFLICT';
}

/**
 * Whether an order equals an invoice: the same customer and time, and line by line the same article, pieces and price.
 * The comparison is with the order as placed: later returns, payment and shipment do not matter.
 */
export function isOrderOf(
  { customerId, placedAt, lines }: PlannedOrder,
  { summary, lines: placed }: Order,
): boolean {
  if (summary?.customerId !== customerId || placed.length !== lines.length) return false;
  if (summary.placedAt?.getTime() !== placedAt.getTime()) return false;
  return lines.every(({ stockCode, quantity, unitPriceMinor }, index) => {
    const { productId, quantity: pieces, unitPrice } = placed[index] ?? {};
    return (
      productId === stockCode &&
      pieces === quantity &&
      unitPrice?.currencyCode === CURRENCY &&
      unitPrice.amountMinor === unitPriceMinor
    );
  });
}
