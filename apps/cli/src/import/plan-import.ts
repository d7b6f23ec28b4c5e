import { isAggregateId } from '@meridian/kernel';
import { rejectLine, type InvoiceLine, type Reject, type RejectReason } from './invoice-line.ts';
import { findReturns, type PlannedReturn } from './plan-returns.ts';

/** A product of the file: its stock code, and name and price where it was first sold. */
export interface PlannedProduct {
  readonly productId: string;
  readonly name: string;
  readonly priceMinor: bigint;
  /** Pieces that all orders of the file need. */
  readonly pieces: bigint;
}

/** A customer of the file; the names are made up. */
export interface PlannedCustomer {
  readonly customerId: string;
  readonly country: string;
}

/** An invoice with what of it can be ordered. */
export interface PlannedOrder {
  readonly orderId: string;
  readonly customerId: string;
  readonly country: string;
  readonly placedAt: Date;
  /** In the file's order: line n of the order is the nth of these. */
  readonly lines: readonly InvoiceLine[];
}

/** What is to be done to take a file over, and what of it cannot be. */
export interface ImportPlan {
  readonly products: readonly PlannedProduct[];
  readonly customers: readonly PlannedCustomer[];
  readonly orders: readonly PlannedOrder[];
  readonly returns: readonly PlannedReturn[];
  readonly rejects: readonly Reject[];
}

/**
 * The one rule for what is goods: a stock code of five digits, with letters behind it or none. Everything else (POST, D, M, DOT,
 * BANK CHARGES, gift vouchers …) is a service, a correction or a fee, and no goods that could be in stock.
 */
export function isGoods(stockCode: string): boolean {
  return /^\d{5}[A-Za-z]{0,3}$/.test(stockCode);
}

/** Plans the import of lines: pure, and the same for the same lines. Every line is in an order, in a return or rejected. */
export function planImport(lines: readonly InvoiceLine[]): ImportPlan {
  const rejects: Reject[] = [];
  const invoices = new Map<string, InvoiceLine[]>();
  const credits: InvoiceLine[] = [];
  for (const line of lines) {
    const reason = reasonAgainst(line, invoices.get(line.invoiceNo)?.[0]);
    if (reason) rejects.push(rejectLine(line, reason));
    else if (isCredit(line)) credits.push(line);
    else invoices.set(line.invoiceNo, [...(invoices.get(line.invoiceNo) ?? []), line]);
  }
  const orders = [...invoices].map(([invoiceNo, goods]) => toOrder(invoiceNo, goods));
  const { returns, unmatched } = findReturns(orders, credits);
  rejects.push(...unmatched.map((line) => rejectLine(line, 'NOTHING_TO_RETURN')));
  return {
    products: productsOf(orders),
    customers: customersOf(orders),
    orders,
    returns,
    rejects: rejects.sort((a, b) => a.lineNo - b.lineNo),
  };
}

function isCredit(line: InvoiceLine): boolean {
  return line.invoiceNo.startsWith('C');
}

function reasonAgainst(line: InvoiceLine, first: InvoiceLine | undefined): RejectReason | undefined {
  if (line.country === '') return 'NO_COUNTRY';
  if (!isGoods(line.stockCode)) return 'NOT_GOODS';
  if (line.customerId === '') return 'NO_CUSTOMER';
  if (!isAggregateId(line.customerId) || !isAggregateId(line.invoiceNo)) return 'MALFORMED_CUSTOMER';
  if (line.unitPriceMinor <= 0n) return 'PRICE_NOT_POSITIVE';
  if (isCredit(line)) return line.quantity < 0n ? undefined : 'CREDIT_QUANTITY_NOT_NEGATIVE';
  if (line.quantity <= 0n) return 'QUANTITY_NOT_POSITIVE';
  if (first && first.customerId !== line.customerId) return 'INVOICE_OF_ANOTHER_CUSTOMER';
  return undefined;
}

function toOrder(orderId: string, lines: readonly InvoiceLine[]): PlannedOrder {
  const [first] = lines;
  if (!first) throw new Error(`invoice ${orderId} has no lines`);
  const { customerId, country, invoicedAt: placedAt } = first;
  return { orderId, customerId, country, placedAt, lines };
}

function productsOf(orders: readonly PlannedOrder[]): readonly PlannedProduct[] {
  const products = new Map<string, PlannedProduct>();
  for (const { stockCode, description, unitPriceMinor, quantity } of orders.flatMap((order) => order.lines)) {
    const known = products.get(stockCode);
    products.set(stockCode, {
      productId: stockCode,
      name: known?.name ?? (description || stockCode),
      priceMinor: known?.priceMinor ?? unitPriceMinor,
      pieces: (known?.pieces ?? 0n) + quantity,
    });
  }
  return [...products.values()];
}

function customersOf(orders: readonly PlannedOrder[]): readonly PlannedCustomer[] {
  const customers = new Map<string, PlannedCustomer>();
  for (const { customerId, country } of orders) {
    if (!customers.has(customerId)) customers.set(customerId, { customerId, country });
  }
  return [...customers.values()];
}
