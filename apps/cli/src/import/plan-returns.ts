import type { InvoiceLine } from './invoice-line.ts';
import type { PlannedOrder, PlannedReturn } from './plan.ts';

interface SoldLine {
  readonly order: PlannedOrder;
  /** In the order, from 1. */
  readonly lineNo: number;
  readonly line: InvoiceLine;
  left: bigint;
}

/**
 * Matches credit lines with sales. Each credit line returns goods of the same customer's latest earlier line of that
 * article, at that price and with that quantity left. Credit lines without a match are answered as unmatched. Money is
 * exact, because a return pays back what its line had cost. Each return also names the other orders that it could be of.
 */
export function findReturns(
  orders: readonly PlannedOrder[],
  credits: readonly InvoiceLine[],
): { readonly returns: readonly PlannedReturn[]; readonly unmatched: readonly InvoiceLine[] } {
  const sold = Map.groupBy(orders.flatMap(soldLines), ({ line }) => articleOf(line));
  const notes = Map.groupBy(credits, ({ invoiceNo }) => invoiceNo);
  const candidates = new Map(
    [...sold].map(([article, lines]) => [article, [...new Set(lines.map(({ order }) => order.orderId))]]),
  );
  const returns: PlannedReturn[] = [];
  const unmatched: InvoiceLine[] = [];
  for (const credit of credits) {
    const match = latestBefore(sold.get(articleOf(credit)) ?? [], credit);
    if (!match) {
      unmatched.push(credit);
      continue;
    }
    match.left += credit.quantity;
    const { invoiceNo, invoicedAt: returnedAt, quantity } = credit;
    returns.push({
      invoiceNo,
      orderId: match.order.orderId,
      returnedAt,
      lineNo: match.lineNo,
      quantity: -quantity,
      credit,
      noteLines: notes.get(invoiceNo) ?? [],
      candidates: candidates.get(articleOf(credit)) ?? [],
    });
  }
  return { returns, unmatched };
}

function soldLines(order: PlannedOrder): readonly SoldLine[] {
  return order.lines.map((line, index) => ({ order, lineNo: index + 1, line, left: line.quantity }));
}

function articleOf({ customerId, stockCode, unitPriceMinor }: InvoiceLine): string {
  return `${customerId}/${stockCode}/${unitPriceMinor}`;
}

function latestBefore(sold: readonly SoldLine[], credit: InvoiceLine): SoldLine | undefined {
  return sold
    .filter(({ line, left }) => isBefore(line, credit) && left >= -credit.quantity)
    .sort((a, b) => (isBefore(a.line, b.line) ? 1 : -1))
    .at(0);
}

function isBefore(a: InvoiceLine, b: InvoiceLine): boolean {
  const [first, second] = [a.invoicedAt.getTime(), b.invoicedAt.getTime()];
  return first < second || (first === second && a.lineNo < b.lineNo);
}
