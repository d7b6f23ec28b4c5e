import type { Mutation } from './mutation.ts';
import type { ColumnType, Columns } from './table.ts';

/** A projection made a change that no store can take, so its event cannot be projected. */
export class UnbindableError extends Error {
  override readonly name = 'UnbindableError';
}

const LARGEST_INT = 2n ** 31n - 1n;
const LARGEST_BIGINT = 2n ** 63n - 1n;
/** Cassandra's limit for a part of a key. */
const MOST_KEY_BYTES = 65_535;

const isWithin = (value: bigint, largest: bigint): boolean => value <= largest && value >= -largest - 1n;

/** Whether a column of each type can hold a value. */
const FITS: Readonly<Record<ColumnType, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  bigint: (value) => typeof value === 'bigint' && isWithin(value, LARGEST_BIGINT),
  int: (value) =>
    typeof value === 'number' && Number.isInteger(value) && isWithin(BigInt(value), LARGEST_INT),
  timestamp: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  boolean: (value) => typeof value === 'boolean',
  blob: (value) => value instanceof Uint8Array,
};

/**
 * Refuses mutations that the store could never take. It would refuse them for ever, and with them all that is written after them. No part
 * of a key may be missing or too long, and the only part of a partition key may not be empty. Each cell has its column's type and range.
 * Throws UnbindableError, which names table and column, and never the value.
 */
export function checkBindable(mutations: readonly Mutation[]): void {
  for (const mutation of mutations) {
    const { table, key } = mutation;
    checkKey(table.name, table.partitionKey, key);
    let parts = 0;
    let first: unknown;
    for (const column in table.partitionKey) if (parts++ === 0) first = key[column];
    if (parts === 1 && first === '')
      throw new UnbindableError(`table ${table.name}: the partition key is empty`);
    if (mutation.kind !== 'write-static') checkKey(table.name, table.clusteringKey, key);
    if (mutation.kind === 'write') checkCells(table.name, table.columns, mutation.cells);
    else if (mutation.kind === 'write-static') checkCells(table.name, table.staticColumns, mutation.cells);
    else if (mutation.kind === 'add') checkCells(table.name, table.columns, mutation.addends);
  }
}

type Values = Readonly<Record<string, unknown>>;

function checkKey(table: string, columns: Columns, key: Values): void {
  for (const column in columns) {
    const value = key[column];
    checkCell(table, columns, column, value);
    // A character has three bytes at most for each of its units.
    if (
      typeof value === 'string' &&
      value.length * 3 > MOST_KEY_BYTES &&
      Buffer.byteLength(value) > MOST_KEY_BYTES
    )
      throw new UnbindableError(`table ${table}: ${column} is too long for a key`);
  }
}

function checkCells(table: string, columns: Columns, cells: Values): void {
  // What is left out stays as it is.
  for (const column in cells)
    if (cells[column] !== undefined) checkCell(table, columns, column, cells[column]);
}

function checkCell(table: string, columns: Columns, column: string, value: unknown): void {
  const type = columns[column];
  if (type === undefined || !FITS[type](value))
    throw new UnbindableError(
      `table ${table}: ${column} is no ${type ?? 'column of it'}, or beyond what one holds`,
    );
}
