import type { CellValue, streamXlsxRows } from 'hucre/xlsx';
import { FileFormatError } from './file-layout.ts';

/** A workbook with more sheets than this is no list of invoices; further sheets are not read. */
const MAX_SHEETS = 64;
/**
 * The digits of a number that a spreadsheet program shows: this cuts the noise of binary fractions such as
 * 0.30000000000000004.
 */
const SHOWN_DIGITS = 15;

/** Whether a file is a workbook (.xlsx), which is a ZIP archive. */
export function isWorkbook(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).equals(Buffer.from('PK\u0003\u0004', 'latin1'));
}

/**
 * The rows of a workbook as lines of text with commas between cells. Line n is row n; a missing row is an empty line.
 * The rows of each further sheet follow the rows of the previous sheet, with an empty line for its header. Each header
 * must name the same columns. Empty cells beyond the last column are left out, whatever their format. Dates are
 * `YYYY-MM-DD HH:MM`. Rejects with a FileFormatError for a file that is no workbook, and for a sheet with another header.
 */
export async function workbookLines(bytes: Uint8Array): Promise<readonly string[]> {
  const lines: string[] = [];
  let width = 0;
  for (let sheet = 0; sheet < MAX_SHEETS; sheet += 1) {
    const start = lines.length;
    for await (const { index, values } of rowsOf(bytes, sheet)) {
      while (lines.length < start + index) lines.push('');
      const cells = values.map(cellText);
      if (lines.length === 0) width = withoutEmptyEnd(cells, 0).length;
      lines.push(lineOf(cells, width));
    }
    if (start > 0 && lines.length > start) dropHeader(lines, start, sheet);
  }
  return lines;
}

async function* rowsOf(bytes: Uint8Array, sheet: number): ReturnType<typeof streamXlsxRows> {
  // Only an import of a workbook waits until this is loaded.
  const xlsx = await import('hucre/xlsx');
  try {
    yield* xlsx.streamXlsxRows(bytes, { sheet });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FileFormatError(`this workbook cannot be read (${why}): save it as CSV (UTF-8) first`);
  }
}

function dropHeader(lines: string[], start: number, sheet: number): void {
  if (lines[start] !== lines[0])
    throw new FileFormatError(
      `sheet ${sheet + 1} has other columns than the first: remove it from the workbook`,
    );
  lines[start] = '';
}

/**
 * A row ends with its last cell that has a value or a format: the line becomes as wide as the header. Cells with a text
 * beyond the header stay.
 */
function lineOf(cells: readonly string[], width: number): string {
  const missing = Array.from({ length: Math.max(0, width - cells.length) }, () => '');
  return [...withoutEmptyEnd(cells, width), ...missing].join(',');
}

/** The cells without the empty ones at their end; the first `kept` cells stay. */
function withoutEmptyEnd(cells: readonly string[], kept: number): readonly string[] {
  return cells.slice(0, Math.max(kept, cells.findLastIndex((text) => text !== '') + 1));
}

function cellText(value: CellValue): string {
  if (value === null) return '';
  if (value instanceof Date) return value.toISOString().slice(0, 16).replace('T', ' ');
  if (typeof value === 'number') return String(Number(value.toPrecision(SHOWN_DIGITS)));
  // A record of this format has one line.
  const text = String(value).replace(/\s*[\r\n]+\s*/g, ' ');
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
