import { createHash } from 'node:crypto';
import { countryName } from '@meridian/kernel';
import { customerOf, idOf, minorUnitsOf, textOf, wholeNumberOf } from './cell-values.ts';
import { decodeLines } from './decode-lines.ts';
import { layoutOf, type ColumnName, type FileLayout } from './file-layout.ts';
import { collectDateEvidence, instantOf, type DateOrder } from './invoice-dates.ts';
import { rejectLine, type InvoiceLine, type Reject, type RejectReason } from './invoice-line.ts';
import { splitAllCells } from './split-cells.ts';
import { isWorkbook, workbookLines } from './workbook-lines.ts';

/** The result of reading a file: the lines that could be read, and the lines that could not. */
export interface ParsedFile {
  /** Identifies the content: the first 12 hexadecimal digits of its SHA-256. */
  readonly contentId: string;
  readonly lines: readonly InvoiceLine[];
  readonly rejects: readonly Reject[];
}

/** Files whose dates allow both orders, but whose order is known: the example that comes with Meridian. */
const KNOWN_ORDERS: Readonly<Record<string, DateOrder>> = { fa8f648507d7: 'mdy' };

/**
 * Reads a file of the Online Retail format: a workbook (.xlsx), or text as `parseFile` reads it. Rejects with the
 * errors of `parseFile`.
 */
export async function parseWorkbookOrText(bytes: Uint8Array, dates?: DateOrder): Promise<ParsedFile> {
  return isWorkbook(bytes) ? parseLines(bytes, await workbookLines(bytes), dates) : parseFile(bytes, dates);
}

/**
 * Reads a text file of the Online Retail format, one line per record. A cell of this format holds no line break, so a
 * quote that is never closed spoils its own line only. Throws FileFormatError for another header. Throws DateOrderError
 * when neither the dates of the whole file nor `dates` decide between day and month. A bad line is a reject.
 */
export function parseFile(bytes: Uint8Array, dates?: DateOrder): ParsedFile {
  return parseLines(bytes, decodeLines(bytes), dates);
}

function parseLines(bytes: Uint8Array, decoded: readonly string[], dates: DateOrder | undefined): ParsedFile {
  const contentId = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const [header = '', ...rows] = decoded;
  const layout = layoutOf(header);
  const evidence = collectDateEvidence();
  const read: (DatedLine | Reject)[] = [];
  let lineNo = 1;
  for (const cells of splitAllCells(rows, layout.separator)) {
    const raw = rows[lineNo - 1] ?? '';
    lineNo += 1;
    if (raw.replaceAll(layout.separator, '').trim() === '') continue;
    const line = readLine({ raw, lineNo, cells }, layout);
    read.push(line);
    if ('date' in line) evidence.see(line.date, line.lineNo);
  }
  const withInstant = datesIn(evidence.order(dates ?? KNOWN_ORDERS[contentId]));
  const lines: InvoiceLine[] = [];
  const rejects: Reject[] = [];
  for (const line of read) {
    const dated = 'date' in line ? withInstant(line) : line;
    if ('reason' in dated) rejects.push(dated);
    else lines.push(dated);
  }
  return { contentId, lines, rejects };
}

/** A line whose date is read once the order of the whole file is known. */
type DatedLine = Omit<InvoiceLine, 'invoicedAt'> & { readonly date: string };

/**
 * Reads the dates of lines, and remembers the last date. The lines of an invoice have one date, and the time zone takes
 * longer than all other work on a line.
 */
function datesIn(order: DateOrder): (line: DatedLine) => InvoiceLine | Reject {
  let last: { readonly date: string; readonly instant: Date | undefined } | undefined;
  return ({ date, ...line }) => {
    if (last?.date !== date) last = { date, instant: instantOf(date, order) };
    return last.instant ? { ...line, invoicedAt: last.instant } : rejectLine(line, 'MALFORMED_DATE');
  };
}

/** An unchanged line, with its cells unless one of its quotes is not closed. */
interface RawLine {
  readonly raw: string;
  readonly lineNo: number;
  readonly cells: readonly string[] | undefined;
}

function readLine({ raw, lineNo, cells }: RawLine, layout: FileLayout): DatedLine | Reject {
  const unreadable = (reason: RejectReason, country = ''): Reject => ({
    lineNo,
    reason,
    raw,
    country,
    amountMinor: undefined,
  });
  if (!cells) return unreadable('UNCLOSED_QUOTE');
  if (cells.length !== layout.width) return unreadable('WRONG_COLUMN_COUNT');
  const cell = (column: ColumnName) => cells[layout.indexes[column]] ?? '';
  // The service stores a country under one name, and sums by country are compared with its answers. `NA` is Namibia here.
  const country = countryName(cell('Country')) ?? textOf(cell('Country'));
  const quantity = wholeNumberOf(cell('Quantity'));
  const unitPriceMinor = minorUnitsOf(cell('UnitPrice'));
  if (quantity === undefined) return unreadable('MALFORMED_QUANTITY', country);
  if (unitPriceMinor === undefined) return unreadable('MALFORMED_PRICE', country);
  return {
    lineNo,
    raw,
    invoiceNo: idOf(cell('InvoiceNo')),
    stockCode: idOf(cell('StockCode')),
    description: textOf(cell('Description')),
    quantity,
    unitPriceMinor,
    customerId: customerOf(cell('CustomerID')),
    country,
    date: cell('InvoiceDate'),
  };
}
