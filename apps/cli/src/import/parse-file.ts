import { createHash } from 'node:crypto';
import { CsvError, parse } from 'csv-parse/sync';
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

/**
 * Reads a file of the Online Retail format, a line a record: a cell of this format holds no line break, so that a quote that is never
 * closed costs its own line and no other. Throws FileFormatError when the header is another; a bad line is a reject.
 */
export function parseFile(bytes: Uint8Array): ParsedFile {
  const [header = '', ...rows] = textOf(bytes).split(/\r?\n/);
  if (header.trim() !== COLUMNS) throw new FileFormatError(`the first line must be ${COLUMNS}`);
  const lines: InvoiceLine[] = [];
  const rejects: Reject[] = [];
  for (const [index, raw] of rows.entries()) {
    if (raw === '') continue;
    const line = readLine(raw, index + 2);
    if ('reason' in line) rejects.push(line);
    else lines.push(line);
  }
  const contentId = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  return { contentId, lines, rejects };
}

/** UTF-8 where the whole file is that, else Windows-1252, as the published data set is; without a byte order mark. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

const csvRecords = z.array(z.array(z.string()));

/** The cells of a line; undefined when a quote of it is not closed. */
function cellsOf(raw: string): readonly string[] | undefined {
  // Nearly all lines: a parser made for each would take longer than all the rest.
  if (!raw.includes('"')) return raw.split(',');
  try {
    const options = { relax_column_count: true, relax_quotes: true, record_delimiter: '\n' };
    return csvRecords.parse(parse(raw, options))[0];
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

function readLine(raw: string, lineNo: number): InvoiceLine | Reject {
  const unreadable = (reason: RejectReason, country = ''): Reject => ({
    lineNo,
    reason,
    raw,
    country,
    amountMinor: undefined,
  });
  const cells = cellsOf(raw);
  if (!cells) return unreadable('UNCLOSED_QUOTE');
  if (cells.length !== 8) return unreadable('WRONG_COLUMN_COUNT');
  const [
    invoiceNo = '',
    stockCode = '',
    description = '',
    quantity = '',
    date = '',
    price = '',
    customerId = '',
    country = '',
  ] = cells.map((cell) => cell.trim());
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
  const year = match[3]?.length === 2 ? 2000 + shortYear : shortYear;
  const calendar = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const exists =
    // Date.UTC takes a year below 100 for one of the last century.
    calendar.getUTCFullYear() === year &&
    calendar.getUTCMonth() === month - 1 &&
    calendar.getUTCDate() === day &&
    hour < 24 &&
    minute < 60;
  return exists ? zonedTime({ year, month, day, hour, minute }, TIME_ZONE) : undefined;
}
