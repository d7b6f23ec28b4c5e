import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { InvoiceLine, Reject, RejectReason } from './invoice-line.ts';
import { zonedTime } from './zoned-time.ts';

/** A file as it was read: what could be read, and what could not. */
export interface ParsedFile {
  /** Identifies the content: the first 12 hexadecimal digits of its SHA-256. */
  readonly contentId: string;
  readonly lines: readonly InvoiceLine[];
  readonly rejects: readonly Reject[];
}

/** The file is not of the Online Retail format at all. */
export class FileFormatError extends Error {
  override readonly name = 'FileFormatError';
}

const COLUMNS = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const TIME_ZONE = 'Europe/London';

const csvRows = z.array(
  z.object({ record: z.array(z.string()), raw: z.string(), info: z.object({ lines: z.number() }) }),
);

/** Reads a file of the Online Retail format. Throws FileFormatError when its header is another; a bad line is a reject. */
export function parseFile(content: string): ParsedFile {
  const text = content.startsWith('\uFEFF') ? content.slice(1) : content;
  const header = text.slice(0, text.search(/\r?\n|$/)).trim();
  if (header !== COLUMNS) throw new FileFormatError(`the first line must be ${COLUMNS}`);
  const rows = csvRows.parse(
    parse(text, {
      from_line: 2,
      relax_column_count: true,
      relax_quotes: true,
      raw: true,
      info: true,
      skip_empty_lines: true,
    }),
  );
  const lines: InvoiceLine[] = [];
  const rejects: Reject[] = [];
  for (const { record, raw, info } of rows) {
    const line = toLine(record, info.lines, raw.replace(/\r?\n$/, ''));
    if ('reason' in line) rejects.push(line);
    else lines.push(line);
  }
  const contentId = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { contentId, lines, rejects };
}

function toLine(record: readonly string[], lineNo: number, raw: string): InvoiceLine | Reject {
  const unreadable = (reason: RejectReason, country = ''): Reject => ({
    lineNo,
    reason,
    raw,
    country,
    amountMinor: undefined,
  });
  if (record.length !== 8) return unreadable('WRONG_COLUMN_COUNT');
  const [
    invoiceNo = '',
    stockCode = '',
    description = '',
    quantity = '',
    date = '',
    price = '',
    customerId = '',
    country = '',
  ] = record.map((cell) => cell.trim());
  const pieces = /^-?\d{1,9}$/.test(quantity) ? BigInt(quantity) : undefined;
  const unitPriceMinor = minorUnits(price);
  const invoicedAt = instantOf(date);
  if (pieces === undefined) return unreadable('MALFORMED_QUANTITY', country);
  if (unitPriceMinor === undefined) return unreadable('MALFORMED_PRICE', country);
  const line = {
    lineNo,
    raw,
    invoiceNo,
    stockCode,
    description,
    quantity: pieces,
    unitPriceMinor,
    customerId,
    country,
  };
  if (!invoicedAt)
    return { lineNo, raw, reason: 'MALFORMED_DATE', country, amountMinor: pieces * unitPriceMinor };
  return { ...line, invoicedAt };
}

/** Pounds to pence; undefined for what is no number or has fractions of a penny. */
function minorUnits(price: string): bigint | undefined {
  const match = /^(-?)(\d{1,9})(?:\.(\d{1,2}))?$/.exec(price);
  if (!match) return undefined;
  const [, sign = '', pounds = '0', pence = ''] = match;
  const amount = BigInt(pounds) * 100n + BigInt(pence.padEnd(2, '0'));
  return sign === '-' ? -amount : amount;
}

/** M/D/YY H:MM or M/D/YYYY H:MM, as a clock in the UK shows it. */
function instantOf(date: string): Date | undefined {
  const match = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4}) (\d{1,2}):(\d{2})$/.exec(date);
  if (!match) return undefined;
  const [month = 0, day = 0, shortYear = 0, hour = 0, minute = 0] = match.slice(1).map(Number);
  const year = shortYear < 100 ? 2000 + shortYear : shortYear;
  const calendar = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const exists =
    calendar.getUTCMonth() === month - 1 && calendar.getUTCDate() === day && hour < 24 && minute < 60;
  return exists ? zonedTime({ year, month, day, hour, minute }, TIME_ZONE) : undefined;
}
