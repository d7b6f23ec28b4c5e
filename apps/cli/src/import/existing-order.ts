import type { Order } from '@meridian/contracts';
import type { PlannedOrder } from './plan-import.ts';
import { CURRENCY, send, type Outcome, type Sending } from './sending.ts';

const DEADLINE_MS = 20_000;

/**
 * Asks for an order that is known to exist, with its history. A region that does not know it yet is waited for; refused is what
 * no region shows, such as an order that was parked.
 */
export async function existingOrder(
  orderId: string,
  { client, patiently }: Pick<Sending, 'client' | 'patiently'>,
): Promise<Outcome<Order>> {
  const question = () => client.orders.getOrder({ orderId }, { deadline: DEADLINE_MS });
  const outcome = await send(patiently, question, ({ reason }) => reason === 'ORDER_NOT_FOUND');
  if (outcome.kind === 'refused') return outcome;
  const { order } = outcome.answer;
  if (!order) throw new Error(`the answer about order ${orderId} holds no order`);
  return { kind: 'accepted', answer: order };
}

/**
 * Whether an order is what an invoice says: the same customer, and line by line the same article, pieces and price. What was
 * placed is compared: pieces that came back since, payment and shipment make no other order of it.
 */
export function isOrderOf({ customerId, lines }: PlannedOrder, { summary, lines: placed }: Order): boolean {
  if (summary?.customerId !== customerId || placed.length !== lines.length) return false;
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
