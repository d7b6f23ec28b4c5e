import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';

const csvRecords = z.array(z.array(z.string()));
const CHUNK_LINES = 1_000;

/** The cells of a line, spaces around them left out; undefined when a quote of the line is not closed. */
export function splitCells(raw: string, separator: string): readonly string[] | undefined {
  if (!raw.includes('"')) return trimmed(raw.split(separator));
  const records = parseQuoted([raw], separator);
  return records ? (records[0] ?? []) : undefined;
}

/** The cells of each line of a file, in order, as `splitCells` gives them. */
export function* splitAllCells(
  lines: readonly string[],
  separator: string,
): Generator<readonly string[] | undefined> {
  for (let start = 0; start < lines.length; start += CHUNK_LINES) {
    const chunk = lines.slice(start, start + CHUNK_LINES);
    const quoted = chunk.filter((line) => line.includes('"'));
    // A parser made for each line would take a hundred times as long. Where it finds fewer records than lines, a quote stayed open.
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
      ...{ delimiter: separator, record_delimiter: '\n', relax_column_count: true, relax_quotes: true },
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
