import { splitCells } from './split-cells.ts';

/** The file is not of the Online Retail format at all. */
export class FileFormatError extends Error {
  override readonly name = 'FileFormatError';
}

/** The columns of the format, and their headers in its editions, in small letters without spaces. */
const COLUMNS = {
  InvoiceNo: ['invoiceno', 'invoice'],
  StockCode: ['stockcode'],
  Description: ['description'],
  Quantity: ['quantity'],
  InvoiceDate: ['invoicedate'],
  UnitPrice: ['unitprice', 'price'],
  CustomerID: ['customerid'],
  Country: ['country'],
} as const;

/** A column of the format, by its name in the first edition. */
export type ColumnName = keyof typeof COLUMNS;

const SEPARATORS = [',', ';', '\t'];

/** The places of the columns in a file. */
export interface FileLayout {
  readonly separator: string;
  /** Cells per line, further columns included. */
  readonly width: number;
  readonly indexes: Readonly<Record<ColumnName, number>>;
}

/**
 * Reads the header: the columns in any order, further columns too, quoted or not, separated by comma, semicolon or tab.
 * Throws a FileFormatError that names what is missing.
 */
export function layoutOf(header: string): FileLayout {
  if (/^(PK\u0003\u0004|\u00d0\u00cf\u0011)/.test(header))
    throw new FileFormatError(
      'this is a workbook of another format than .xlsx: save it as CSV (UTF-8) first',
    );
  const found = SEPARATORS.map((separator) => {
    const names = (splitCells(header, separator) ?? []).map((name) =>
      name.toLowerCase().replace(/[\s_]/g, ''),
    );
    return {
      separator,
      names,
      missing: columnNames.filter((column) => indexesOf(column, names).length !== 1),
    };
  });
  const [best] = found.toSorted((a, b) => a.missing.length - b.missing.length);
  if (!best || best.missing.length > 0) throw wrongHeader(best?.missing ?? columnNames);
  const { separator, names } = best;
  const index = (column: ColumnName) => indexesOf(column, names)[0] ?? -1;
  return {
    separator,
    width: names.length,
    indexes: {
      InvoiceNo: index('InvoiceNo'),
      StockCode: index('StockCode'),
      Description: index('Description'),
      Quantity: index('Quantity'),
      InvoiceDate: index('InvoiceDate'),
      UnitPrice: index('UnitPrice'),
      CustomerID: index('CustomerID'),
      Country: index('Country'),
    },
  };
}

const columnNames = [
  ...(['InvoiceNo', 'StockCode', 'Description', 'Quantity'] as const),
  ...(['InvoiceDate', 'UnitPrice', 'CustomerID', 'Country'] as const),
];

function indexesOf(column: ColumnName, names: readonly string[]): readonly number[] {
  const known: readonly string[] = COLUMNS[column];
  return [...names.keys()].filter((index) => known.includes(names[index] ?? ''));
}

function wrongHeader(missing: readonly ColumnName[]): FileFormatError {
  const wanted = `the first line must name each of ${columnNames.join(',')} once, with comma, semicolon or tab between`;
  return new FileFormatError(
    `${wanted} (Invoice, Price and Customer ID are accepted, too); missing or named twice: ${missing.join(', ')}`,
  );
}
