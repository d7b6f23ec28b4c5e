import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';

const csvRecords = z.array(z.array(z.string()));

/** The cells of a line, spaces around them left out; undefined when a quote of the line is not closed. */
export function splitCells(raw: string, separator: string): readonly string[] | undefined {
  // Nearly all lines: a parser made for each would take longer than all the rest.
  if (!raw.includes('"')) return raw.split(separator).map((cell) => cell.trim());
  try {
    const records = parse(raw, {
      ...{ delimiter: separator, record_delimiter: '\n', relax_column_count: true, relax_quotes: true },
      // A quote after a space opens a cell, too.
      ltrim: true,
    });
    return (csvRecords.parse(records)[0] ?? []).map((cell) => cell.trim());
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}
