import type { InvoiceLine, Reject } from './invoice-line.ts';

/** A product of the file: its stock code, and the name and price of its first sale. */
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

/** An invoice, with the lines that can be ordered. */
export interface PlannedOrder {
  readonly orderId: string;
  readonly customerId: string;
  readonly country: string;
  readonly placedAt: Date;
  /** In the file's order: line n of the order is the nth of these lines. */
  readonly lines: readonly InvoiceLine[];
}

/** The return of a credit line: pieces of one line of an order. */
export interface PlannedReturn {
  /** The credit note. */
  readonly invoiceNo: string;
  readonly orderId: string;
  readonly returnedAt: Date;
  /** The order's line, from 1. */
  readonly lineNo: number;
  /** Pieces; at least 1. */
  readonly quantity: bigint;
  /** The line of the file. */
  readonly credit: InvoiceLine;
  /** All lines of the credit note in the file. */
  readonly noteLines: readonly InvoiceLine[];
  /**
   * Every order of the file with the same article for the same customer at the same price. Another edition of the file
   * may have matched the line with any of them.
   */
  readonly candidates: readonly string[];
}

/** The work of an import, and the lines that cannot be imported. */
export interface ImportPlan {
  readonly products: readonly PlannedProduct[];
  readonly customers: readonly PlannedCustomer[];
  readonly orders: readonly PlannedOrder[];
  readonly returns: readonly PlannedReturn[];
  readonly rejects: readonly Reject[];
}
