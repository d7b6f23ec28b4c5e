import { isAggregateId } from '@meridian/kernel';
import { rejectLine, type InvoiceLine, type Reject, type RejectReason } from './invoice-line.ts';
import type { ImportPlan, PlannedOrder, PlannedProduct } from './plan.ts';
import { findReturns } from './plan-returns.ts';
import { createServiceLimits, MAX_ORDER_LINES, type ServiceLimits } from './service-limits.ts';

/**
 * The one rule for what is goods: a stock code of five digits, followed by letters or not. Everything else (POST, D, M,
 * DOT, BANK CHARGES, gift vouchers …) is a service, a correction or a fee, and cannot be in stock.
 */
export function isGoods(stockCode: string): boolean {
  return /^\d{5}[A-Za-z]{0,3}$/.test(stockCode);
}

/**
 * Plans the import of lines. Pure: the same lines give the same plan. Every line is in an order, in a return or
 * rejected.
 */
export function planImport(lines: readonly InvoiceLine[]): ImportPlan {
  const { sales, credits, rejects } = sortOut(lines);
  const orders = [...sales.invoices].map(([invoiceNo, goods]) => toOrder(invoiceNo, goods));
  const [returnable, foreign] = split(credits, ({ customerId, country }) => {
    const first = sales.countries.get(customerId);
    return first === undefined || first === country;
  });
  const { returns, unmatched } = findReturns(orders, returnable);
  rejects.push(...foreign.map((line) => rejectLine(line, 'CUSTOMER_OF_ANOTHER_COUNTRY')));
  rejects.push(...unmatched.map((line) => rejectLine(line, 'NOTHING_TO_RETURN')));
  return {
    products: productsOf(orders),
    customers: [...sales.countries].map(([customerId, country]) => ({ customerId, country })),
    orders,
    returns,
    rejects: rejects.sort((a, b) => a.lineNo - b.lineNo),
  };
}

/** The sales planned so far. */
interface Sales {
  readonly invoices: Map<string, InvoiceLine[]>;
  /**
   * The country of each customer's first sale. A customer has one country, and all of the customer's orders count for
   * that country.
   */
  readonly countries: Map<string, string>;
}

function sortOut(lines: readonly InvoiceLine[]) {
  const limits = createServiceLimits();
  const sales: Sales = { invoices: new Map(), countries: new Map() };
  const credits: InvoiceLine[] = [];
  const rejects: Reject[] = [];
  for (const line of lines) {
    const reason = isCredit(line) ? reasonAgainst(line, limits) : reasonAgainstSale(line, limits, sales);
    if (reason) rejects.push(rejectLine(line, reason));
    else if (isCredit(line)) credits.push(line);
    else {
      const goods = sales.invoices.get(line.invoiceNo);
      if (goods) goods.push(line);
      else sales.invoices.set(line.invoiceNo, [line]);
      sales.countries.set(line.customerId, line.country);
    }
  }
  return { sales, credits, rejects };
}

function isCredit(line: InvoiceLine): boolean {
  return line.invoiceNo.startsWith('C');
}

/** Why a line can be neither a sale nor a return. */
function reasonAgainst(line: InvoiceLine, limits: ServiceLimits): RejectReason | undefined {
  const { quantity, unitPriceMinor } = line;
  if (line.country === '') return 'NO_COUNTRY';
  if (!limits.isCountry(line.country)) return 'MALFORMED_COUNTRY';
  if (!isGoods(line.stockCode)) return 'NOT_GOODS';
  if (line.customerId === '') return 'NO_CUSTOMER';
  if (!isAggregateId(line.customerId) || !isAggregateId(line.invoiceNo)) return 'MALFORMED_CUSTOMER';
  if (!limits.isInstant(line.invoicedAt.getTime())) return 'DATE_OUT_OF_RANGE';
  if (unitPriceMinor <= 0n) return 'PRICE_NOT_POSITIVE';
  if (!limits.isUnitPrice(unitPriceMinor)) return 'PRICE_TOO_HIGH';
  const pieces = isCredit(line) ? -quantity : quantity;
  if (pieces <= 0n) return isCredit(line) ? 'CREDIT_QUANTITY_NOT_NEGATIVE' : 'QUANTITY_NOT_POSITIVE';
  if (!limits.isQuantity(pieces)) return 'QUANTITY_TOO_LARGE';
  return undefined;
}

/** Why a line cannot be a sale, given the sales planned so far. */
function reasonAgainstSale(
  line: InvoiceLine,
  limits: ServiceLimits,
  { invoices, countries }: Sales,
): RejectReason | undefined {
  const reason = reasonAgainst(line, limits);
  if (reason) return reason;
  const { description, customerId, country } = line;
  const goods = invoices.get(line.invoiceNo) ?? [];
  if (description !== '' && !limits.isProductName(description)) return 'MALFORMED_DESCRIPTION';
  if ((goods[0]?.customerId ?? customerId) !== customerId) return 'INVOICE_OF_ANOTHER_CUSTOMER';
  if ((countries.get(customerId) ?? country) !== country) return 'CUSTOMER_OF_ANOTHER_COUNTRY';
  return goods.length < MAX_ORDER_LINES ? undefined : 'INVOICE_TOO_LONG';
}

/** The items that fit, and the other items, each in their order. */
function split<T>(items: readonly T[], fits: (item: T) => boolean): [readonly T[], readonly T[]] {
  return [items.filter((item) => fits(item)), items.filter((item) => !fits(item))];
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
