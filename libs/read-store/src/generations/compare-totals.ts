import type { Row } from '@meridian/cassandra';
import { LAST_POSITION, type Table } from '@meridian/projection';

/**
 * The first difference of two readings of a partition of totals, in words; undefined when there is none. Compared is
 * what a question would answer: the sums over all rows of a key. How a total is spread over rows is not its value. What
 * an aggregate contributed late, after being parked, stands in a separate row until the generation is rebuilt.
 */
export function differenceOfTotals(
  table: Pick<Table, 'columns' | 'clusteringKey'>,
  before: readonly Row[],
  after: readonly Row[],
): string | undefined {
  const clustering = Object.keys(table.clusteringKey);
  const nameOf = (row: Row) => clustering.map((column) => String(row[column])).join('/') || 'its total';
  const [first, second] = [Map.groupBy(before, nameOf), Map.groupBy(after, nameOf)];
  for (const name of new Set([...first.keys(), ...second.keys()])) {
    const [old, fresh] = [first.get(name), second.get(name)];
    if (!old || !fresh) return `${name} is only in the ${old ? 'first' : 'second'}`;
    for (const [column, type] of Object.entries(table.columns)) {
      if (!isColumnOf(old, column) || !isColumnOf(fresh, column)) continue;
      const different = type === 'bigint' ? differentSums : differentLabels;
      const told = different(column, old, fresh);
      if (told) return `${name}: ${column} is ${told}`;
    }
  }
  return undefined;
}

const isColumnOf = ([row]: readonly Row[], column: string) => row !== undefined && column in row;

function differentSums(column: string, old: readonly Row[], fresh: readonly Row[]): string | undefined {
  const [before, after] = [sumOf(column, old), sumOf(column, fresh)];
  return before === after ? undefined : `${before} and ${after}`;
}

function sumOf(column: string, rows: readonly Row[]): bigint {
  return rows.reduce((sum, row) => sum + bigintOf(row[column]), 0n);
}

const bigintOf = (cell: Row[string] | undefined) => (typeof cell === 'bigint' ? cell : 0n);

/** The latest label wins, and which one is the latest depends on the rows: it differs when the other generation has never had it. */
function differentLabels(column: string, old: readonly Row[], fresh: readonly Row[]): string | undefined {
  const [before, after] = [labelOf(column, old), labelOf(column, fresh)];
  const isKnown = old.some((row) => row[column] === after) || fresh.some((row) => row[column] === before);
  return isKnown ? undefined : `${String(before)} and ${String(after)}`;
}

/** The label that a question shows: that of the row with the newest event. */
function labelOf(column: string, rows: readonly Row[]): Row[string] | undefined {
  const newest = (a: Row, b: Row) => (bigintOf(a[LAST_POSITION]) >= bigintOf(b[LAST_POSITION]) ? a : b);
  return rows.reduce(newest)[column];
}
