import type { ReturnedLine } from '@meridian/contracts';
import { accept, refuse, type Decision, type Refusal } from '@meridian/kernel';
import { orderNotFound, statusConflict } from './advance-order.ts';
import { keysOf, sumOf, type Order, type OrderEvent } from './order.ts';

/** Returned pieces of an order's lines; each line at most once. */
export interface ReturnItems {
  readonly orderId: string;
  readonly lines: readonly { readonly lineNo: number; readonly quantity: bigint }[];
  readonly reason: string;
  readonly returnedAt: Date;
  /** The business day of returnedAt: YYYY-MM-DD. */
  readonly returnedOn: string;
}

/**
 * Takes pieces back. Refused unless the order was shipped, when a line does not exist (ORDER_LINE_NOT_FOUND),
 * and when more pieces would be returned than ordered (RETURN_EXCEEDS_LINE).
 */
export function returnItems(state: Order | undefined, command: ReturnItems): Decision<OrderEvent> {
  const { orderId, reason, returnedAt, returnedOn } = command;
  if (!state) return orderNotFound(orderId);
  if (state.status !== 'shipped' && state.status !== 'delivered') {
    return statusConflict(state, 'return items of', ['shipped', 'delivered']);
  }
  const lines: ReturnedLine[] = [];
  for (const wanted of command.lines) {
    const found = returnedLine(state, wanted);
    if ('refusal' in found) return { accepted: false, refusal: found.refusal };
    lines.push(found.line);
  }
  lines.sort((a, b) => a.lineNo - b.lineNo);
  const refundMinor = sumOf(lines);
  return accept({
    type: 'ItemsReturned',
    data: { keys: keysOf(state), lines, refundMinor, reason, returnedAt, returnedOn },
  });
}

function returnedLine(
  order: Order,
  { lineNo, quantity }: { lineNo: number; quantity: bigint },
): { line: ReturnedLine } | { refusal: Refusal } {
  const line = order.lines.find((candidate) => candidate.lineNo === lineNo);
  if (!line)
    return refuse('not-found', 'ORDER_LINE_NOT_FOUND', `order ${order.orderId} has no line ${lineNo}`);
  const left = line.quantity - line.returnedQuantity;
  if (quantity > left) {
    const description = `line ${lineNo} of order ${order.orderId} has ${left} pieces that can come back, not ${quantity}`;
    const violation = {
      type: 'RETURN_EXCEEDS_LINE',
      subject: `order/${order.orderId}/line/${lineNo}`,
      description,
    };
    return refuse('failed-precondition', 'RETURN_EXCEEDS_LINE', description, [violation]);
  }
  const { productId, productName, unitPriceMinor } = line;
  return { line: { lineNo, productId, productName, quantity, unitPriceMinor } };
}
