import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';

const csvRecords = z.array(z.array(z.string()));
const CHUNK_LINES = 1_000;

/** The cells of a line, without spaces around them; undefined when a quote of the line is not closed. */
export function splitCells(raw: string, separator: string): readonly string[] | undefined {
  if (!raw.includes('"')) return trimmed(raw.split(separator));
  const records = parseQuoted([raw], separator);
  return records ? (records[0] ?? []) : undefined;
}

/** The cells of each line of a file, in order, as from `splitCells`. */
export function* splitAllCells(
  lines: readonly string[],
  separator: string,
): Generator<readonly string[] | undefined> {
  for (let start = 0; start < lines.length; start += CHUNK_LINES) {
    const chunk = lines.slice(start, start + CHUNK_LINES);
    const quoted = chunk.filter((line) => line.includes('"'));
    // One parser per line would take a hundred times as long. When one parser finds fewer records than lines, some
    // quote is not closed.
    const records = quoted.length > 1 ? parseQuoted(quoted, separator) : undefined;
    const known = records?.length === quoted.length ? records.values() : undefined;
    for (const line of chunk)
      yield (line.includes('"') ? known?.next().value : undefined) ?? splitCells(line, separator);
  }
}

/** Undefined when a quote is not closed. */
function parseQuoted(
  lines: readonly string[],
  separator: string,
): readonly (readonly string[])[] | undefined {
  try {
    const records = parse(lines.join('\n'), {
      delimiter: separator,
      record_delimiter: '\n',
      relax_column_count: true,
      relax_quotes: true,
      // A quote after a space opens a cell, too.
      trim: true,
    });
    return csvRecords.parse(records).map(trimmed);
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

function trimmed(cells: readonly string[]): readonly string[] {
  return cells.map((cell) => cell.trim());
}
