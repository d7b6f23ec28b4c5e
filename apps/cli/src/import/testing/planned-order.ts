import type { InvoiceLine } from '../invoice-line.ts';
import type { PlannedOrder } from '../plan.ts';

/** A line of a file, with defaults for the fields that a test does not need. */
export function invoiceLine(changed: Partial<InvoiceLine> = {}): InvoiceLine {
  const { lineNo = 2 } = changed;
  return {
    lineNo,
    raw: `line ${lineNo}`,
    invoiceNo: '536365',
    stockCode: '85123A',
    description: 'HEART',
    quantity: 6n,
    unitPriceMinor: 255n,
    customerId: '17850',
    country: 'United Kingdom',
    invoicedAt: new Date('2010-12-01T08:26:00Z'),
    ...changed,
  };
}

/** An order of lines: article, pieces, price in pence. */
export function plannedOrder(
  orderId: string,
  articles: readonly (readonly [string, bigint, bigint])[],
): PlannedOrder {
  const lines = articles.map(([stockCode, quantity, unitPriceMinor], index) =>
    invoiceLine({ lineNo: index + 2, invoiceNo: orderId, stockCode, quantity, unitPriceMinor }),
  );
  const { customerId, country, invoicedAt: placedAt } = invoiceLine();
  return { orderId, customerId, country, placedAt, lines };
}
