import { createHash } from 'node:crypto';
import { customerOf, idOf, minorUnitsOf, textOf, wholeNumberOf } from './cell-values.ts';
import { decodeLines } from './decode-lines.ts';
import { layoutOf, type ColumnName, type FileLayout } from './file-layout.ts';
import { instantOf } from './invoice-dates.ts';
import type { InvoiceLine, Reject, RejectReason } from './invoice-line.ts';
import { splitCells } from './split-cells.ts';

/** A file as it was read: what could be read, and what could not. */
export interface ParsedFile {
  /** Identifies the content: the first 12 hexadecimal digits of its SHA-256. */
  readonly contentId: string;
  readonly lines: readonly InvoiceLine[];
  readonly rejects: readonly Reject[];
}

/**
 * Reads a file of the Online Retail format, a line a record: a cell of this format holds no line break, so that a quote that is never
 * closed costs its own line and no other. Throws FileFormatError when the header is another; a bad line is a reject.
 */
export function parseFile(bytes: Uint8Array): ParsedFile {
  const [header = '', ...rows] = decodeLines(bytes);
  const layout = layoutOf(header);
  const lines: InvoiceLine[] = [];
  const rejects: Reject[] = [];
  for (const [index, raw] of rows.entries()) {
    if (raw.replaceAll(layout.separator, '').trim() === '') continue;
    const line = readLine(raw, index + 2, layout);
    if ('reason' in line) rejects.push(line);
    else lines.push(line);
  }
  const contentId = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  return { contentId, lines, rejects };
}

function readLine(raw: string, lineNo: number, layout: FileLayout): InvoiceLine | Reject {
  const unreadable = (reason: RejectReason, country = ''): Reject => ({
    ...{ lineNo, reason, raw, country },
    amountMinor: undefined,
  });
  const cells = splitCells(raw, layout.separator);
  if (!cells) return unreadable('UNCLOSED_QUOTE');
  if (cells.length !== layout.width) return unreadable('WRONG_COLUMN_COUNT');
  const cell = (column: ColumnName) => cells[layout.indexes[column]] ?? '';
  const country = textOf(cell('Country'));
  const quantity = wholeNumberOf(cell('Quantity'));
  const unitPriceMinor = minorUnitsOf(cell('UnitPrice'));
  const invoicedAt = instantOf(cell('InvoiceDate'));
  if (quantity === undefined) return unreadable('MALFORMED_QUANTITY', country);
  if (unitPriceMinor === undefined) return unreadable('MALFORMED_PRICE', country);
  if (!invoicedAt)
    return { lineNo, raw, reason: 'MALFORMED_DATE', country, amountMinor: quantity * unitPriceMinor };
  return {
    ...{ lineNo, raw, invoiceNo: idOf(cell('InvoiceNo')), stockCode: idOf(cell('StockCode')) },
    ...{ description: textOf(cell('Description')), quantity, unitPriceMinor },
    ...{ customerId: customerOf(cell('CustomerID')), country, invoicedAt },
  };
}
