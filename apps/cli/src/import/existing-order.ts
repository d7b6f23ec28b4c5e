import { setTimeout as pause } from 'node:timers/promises';
import { gathered, historyOf } from '@meridian/client';
import { OrderStatus, type Order, type OrderHistoryEntry } from '@meridian/contracts';
import type { PlannedOrder } from './plan-import.ts';
import { CURRENCY, send, type Outcome, type Sending } from './sending.ts';

const DEADLINE_MS = 20_000;

/**
 * Asks for an order that is known to exist. A region that does not know it yet is waited for; refused is what
 * no region shows, such as an order that was parked.
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
 * All steps of an order, oldest first, page by page where the answer about it has the newest only. Refused is what no region shows any
 * more.
 */
export async function wholeHistory(
  order: Order,
  { client, patiently }: Pick<Sending, 'client' | 'patiently'>,
): Promise<Outcome<readonly OrderHistoryEntry[]>> {
  const asking: Parameters<typeof historyOf>[0] = {
    listOrderHistory: (request) =>
      patiently(() => client.orders.listOrderHistory(request, { deadline: DEADLINE_MS })),
  };
  // Each page is asked for patiently already.
  return send(
    (call) => call(),
    () => gathered(historyOf(asking, order)),
  );
}

/** How an order stands for an import: one that left the house is done, one that was cancelled will never be. */
export function standingOf({ summary }: Order): 'open' | 'done' | 'cancelled' {
  if (summary?.status === OrderStatus.CANCELLED) return 'cancelled';
  return summary?.status === OrderStatus.SHIPPED || summary?.status === OrderStatus.DELIVERED
    ? 'done'
    : 'open';
}

const LOOKS = 40;
const LOOK_AGAIN_MS = 250;

/**
 * Why an order that the services do not ship is not shipped; undefined when it was shipped before. A region that still shows it as
 * open is behind: it is asked again, for some seconds.
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
 * Whether an order is what an invoice says: the same customer and time, and line by line the same article, pieces and price. What was
 * placed is compared: pieces that came back since, payment and shipment make no other order of it.
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
