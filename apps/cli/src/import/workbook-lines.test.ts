import { readFileSync } from 'node:fs';
import path from 'node:path';
import { streamXlsxRows, writeXlsx, type CellValue } from 'hucre/xlsx';
import { describe, expect, it } from 'vitest';
import { FileFormatError } from './file-layout.ts';
import { parseFile, parseWorkbookOrText } from './parse-file.ts';
import { isWorkbook, workbookLines } from './workbook-lines.ts';

const HEADER = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
];
const INVOICED_AT = new Date('2011-07-01T08:26:00Z');
const ROW = [536365, '85123A', 'HOLDER, "WHITE"', 6, INVOICED_AT, 2.55, 17850, 'United Kingdom'];

const workbook = (...sheets: (readonly (readonly CellValue[])[])[]) =>
  writeXlsx({
    sheets: sheets.map((rows, index) => ({ name: `Sheet ${index}`, rows: rows.map((row) => [...row]) })),
  });

describe('a workbook', () => {
  it('is read as its numbers, texts and dates, at the UK’s time', async () => {
    const bytes = await workbook([HEADER, ROW, [...ROW.slice(0, 5), 0.1 + 0.2, null, 'France']]);
    expect(isWorkbook(bytes)).toBe(true);
    const { lines, rejects } = await parseWorkbookOrText(bytes);
    expect(rejects).toEqual([]);
    expect(lines).toMatchObject([
      {
        lineNo: 2,
        invoiceNo: '536365',
        stockCode: '85123A',
        description: 'HOLDER, "WHITE"',
        quantity: 6n,
        invoicedAt: new Date('2011-07-01T07:26:00Z'),
        unitPriceMinor: 255n,
        customerId: '17850',
      },
      { lineNo: 3, unitPriceMinor: 30n, customerId: '', country: 'France' },
    ]);
  });

  it('is taken like the same file as text', async () => {
    const file = path.join(import.meta.dirname, '../../../../examples/online-retail-2010-12-01.csv');
    const text = parseFile(readFileSync(file));
    const rows = text.lines.map((line) => [
      line.invoiceNo,
      line.stockCode,
      line.description,
      Number(line.quantity),
      // In winter the time of the UK is UTC.
      line.invoicedAt,
      Number(line.unitPriceMinor) / 100,
      Number(line.customerId) || null,
      line.country,
    ]);
    const { lines, rejects } = await parseWorkbookOrText(await workbook([HEADER, ...rows]));
    expect(rejects).toEqual([]);
    const read = ({ lines: all }: typeof text) =>
      all.map(({ raw, ...line }) => ({ ...line, raw: raw.length > 0 }));
    expect(read({ ...text, lines })).toEqual(read(text));
  });

  it('gives the rows of every sheet, each under a number of its own', async () => {
    const lines = await workbookLines(await workbook([HEADER, ROW], [], [HEADER, [], ROW]));
    const [header = '', row = ''] = lines;
    expect(lines).toEqual([header, row, '', '', row]);
  });

  it('loses no row to an empty cell beyond the columns that has a format, in headers either', async () => {
    const bold = { value: null, style: { font: { bold: true } } };
    const rows = [HEADER, ROW, [...ROW, null, 'a text']];
    const sheet = { rows, cells: new Map([0, 1, 2].map((row) => [`${row},11`, bold])) };
    const bytes = await writeXlsx({
      sheets: [
        { name: 'formatted', ...sheet },
        { name: 'plain', rows: [HEADER, ROW] },
        { name: 'formatted too', ...sheet },
      ],
    });
    const read: number[] = [];
    for await (const { values } of streamXlsxRows(bytes)) read.push(values.length);
    expect(read, 'the reader gives the formatted cells').toEqual([12, 12, 12]);
    const { lines, rejects } = await parseWorkbookOrText(bytes);
    expect(lines.map(({ lineNo }) => lineNo)).toEqual([2, 5, 7]);
    expect(rejects.map(({ lineNo, reason }) => [lineNo, reason])).toEqual([
      [3, 'WRONG_COLUMN_COUNT'],
      [8, 'WRONG_COLUMN_COUNT'],
    ]);
  });

  it('loses only the rows that cannot be read', async () => {
    const bytes = await workbook([
      HEADER,
      ROW.with(4, 'yesterday'),
      ROW.with(3, 6.5),
      ROW,
      ROW.with(2, 'two\nlines'),
    ]);
    const { lines, rejects } = await parseWorkbookOrText(bytes);
    expect(rejects.map(({ lineNo, reason }) => [lineNo, reason])).toEqual([
      [2, 'MALFORMED_DATE'],
      [3, 'MALFORMED_QUANTITY'],
    ]);
    expect(lines.map(({ lineNo, description }) => [lineNo, description])).toEqual([
      [4, 'HOLDER, "WHITE"'],
      [5, 'two lines'],
    ]);
  });

  it.each([
    ['has a sheet of other columns', workbook([HEADER, ROW], [['a', 'b']]), 'sheet 2 has other columns'],
    ['has no invoices', workbook([['a', 'b']]), 'the first line must name'],
    ['is empty', workbook([]), 'the first line must name'],
    ['is cut off', workbook([HEADER, ROW]).then((bytes) => bytes.subarray(0, 900)), 'cannot be read'],
  ])('that %s is refused with what to do', async (_, bytes, said) => {
    const reading = parseWorkbookOrText(await bytes);
    await expect(reading).rejects.toThrow(FileFormatError);
    await expect(reading).rejects.toThrow(said);
  });
});
