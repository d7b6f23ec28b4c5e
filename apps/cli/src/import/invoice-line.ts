/** A line of the file that could be read. */
export interface InvoiceLine {
  /** The line's number in the file; the header is line 1. */
  readonly lineNo: number;
  /** The line, unchanged from the file. */
  readonly raw: string;
  readonly invoiceNo: string;
  readonly stockCode: string;
  readonly description: string;
  /** Negative on a credit note. */
  readonly quantity: bigint;
  readonly invoicedAt: Date;
  readonly unitPriceMinor: bigint;
  /** Empty when the line names none. */
  readonly customerId: string;
  readonly country: string;
}

/** Why a line was rejected. */
export type RejectReason =
  | 'UNCLOSED_QUOTE'
  | 'WRONG_COLUMN_COUNT'
  | 'MALFORMED_QUANTITY'
  | 'MALFORMED_PRICE'
  | 'MALFORMED_DATE'
  | 'NO_COUNTRY'
  | 'MALFORMED_COUNTRY'
  | 'NOT_GOODS'
  | 'NO_CUSTOMER'
  | 'MALFORMED_CUSTOMER'
  | 'DATE_OUT_OF_RANGE'
  | 'PRICE_NOT_POSITIVE'
  | 'PRICE_TOO_HIGH'
  | 'CREDIT_QUANTITY_NOT_NEGATIVE'
  | 'QUANTITY_NOT_POSITIVE'
  | 'QUANTITY_TOO_LARGE'
  | 'MALFORMED_DESCRIPTION'
  | 'INVOICE_OF_ANOTHER_CUSTOMER'
  | 'CUSTOMER_OF_ANOTHER_COUNTRY'
  | 'INVOICE_TOO_LONG'
  | 'NOTHING_TO_RETURN'
  | `REFUSED_${string}`;

/** A rejected line. */
export interface Reject {
  readonly lineNo: number;
  readonly reason: RejectReason;
  readonly raw: string;
  /** The line's country; empty when the country could not be read. */
  readonly country: string;
  /** Quantity times price; undefined when one of these could not be read. */
  readonly amountMinor: bigint | undefined;
}

/** The reject of a line that could be read. */
export function rejectLine(line: Omit<InvoiceLine, 'invoicedAt'>, reason: RejectReason): Reject {
  const { lineNo, raw, country } = line;
  return { lineNo, reason, raw, country, amountMinor: line.quantity * line.unitPriceMinor };
}
