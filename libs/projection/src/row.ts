import type { Table } from './table.ts';

/** What a column of a row may hold. */
export type Cell = string | bigint | number | Date | boolean | Buffer | null;

/** A value to bind; undefined leaves the cell as it is. */
export type BoundCell = Exclude<Cell, null> | undefined;

/** A row of the read store, by column name. */
export type Row = Readonly<Record<string, Cell>>;

/** Reads one generation's tables in the session's own region, at LOCAL_QUORUM. */
export interface Reader {
  /** Bounds what is read by pages at once. Without it, nothing does. */
  readonly pages?: PagePlaces | undefined;
  /**
   * The rows of `SELECT columns FROM table rest`. The text must be static: values are bound, never written into it, and
   * every text is prepared once and kept.
   */
  select(
    table: Pick<Table, 'name'>,
    columns: string,
    rest: string,
    params: readonly BoundCell[],
  ): Promise<readonly Row[]>;
  readonly generation: number;
}

/** Places for pages of rows, from their read until they are used up. */
export interface PagePlaces {
  /**
   * Takes a place for a page of so many rows, once one is free, and gives what frees it. Rejects with the signal's reason once the signal is
   * aborted.
   */
  take(rows: number, signal?: AbortSignal): Promise<() => void>;
}

/** A row's cell does not have the type that its table declares. */
class UnexpectedCellError extends Error {
  override readonly name = 'UnexpectedCellError';
  constructor(column: string, expected: string, found: Cell | undefined) {
    super(`column ${column} holds ${found === null ? 'nothing' : typeof found}, not ${expected}`);
  }
}

/** A text cell. Throws when it is missing or another type. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new UnexpectedCellError(column, 'text', value);
  return value;
}

/** A bigint cell. Throws when it is missing or another type. */
export function bigint(row: Row, column: string): bigint {
  const value = row[column];
  if (typeof value !== 'bigint') throw new UnexpectedCellError(column, 'bigint', value);
  return value;
}

/**
 * A sum of a total. A cell that holds nothing is 0: earlier versions wrote of an event that was applied late only the sums
 * that the event adds to. Throws when the cell is of another type.
 */
export function sum(row: Row, column: string): bigint {
  return (row[column] ?? null) === null ? 0n : bigint(row, column);
}

/** An int cell. Throws when it is missing or another type. */
export function int(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new UnexpectedCellError(column, 'int', value);
  return value;
}

/** A timestamp cell. Throws when it is missing or another type. */
export function timestamp(row: Row, column: string): Date {
  const value = row[column];
  if (!(value instanceof Date)) throw new UnexpectedCellError(column, 'timestamp', value);
  return value;
}

/** A blob cell; empty when it is missing. Throws when it is another type. */
export function blob(row: Row, column: string): Buffer {
  const value = row[column] ?? Buffer.alloc(0);
  if (!Buffer.isBuffer(value)) throw new UnexpectedCellError(column, 'blob', value);
  return value;
}

/**
 * Whether a row is there: its owner has written its version, and the cells named besides. What other aggregates wrote beside it does
 * not make it one, nor what later events wrote while the one that made it is parked.
 */
export function isThere(row: Row | undefined, ...alsoNeeded: readonly string[]): row is Row {
  return (
    typeof row?.['version'] === 'bigint' &&
    alsoNeeded.every((column) => row[column] !== null && row[column] !== undefined)
  );
}
