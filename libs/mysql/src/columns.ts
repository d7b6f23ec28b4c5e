import type { Row } from './values.ts';

/** A column does not hold what the code expects: schema and code do not match. */
export class ColumnError extends Error {
  override readonly name = 'ColumnError';
}

function wrong(row: Row, name: string, expected: string): ColumnError {
  const found = name in row ? (row[name] === null ? 'NULL' : typeof row[name]) : 'no such column';
  return new ColumnError(`column ${name}: expected ${expected}, found ${found}`);
}

/** The column's text. Throws ColumnError when it is NULL or no text. */
export function textOf(row: Row, name: string): string {
  const value = row[name];
  if (typeof value !== 'string') throw wrong(row, name, 'text');
  return value;
}

/** The column's whole number, exactly, whatever its size. Throws ColumnError when it is NULL or no whole number. */
export function bigintOf(row: Row, name: string): bigint {
  const value = row[name];
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw wrong(row, name, 'a whole number');
}

/** The column's whole number as a number. Throws ColumnError when it is NULL or beyond 2^53. */
export function numberOf(row: Row, name: string): number {
  const value = Number(bigintOf(row, name));
  if (!Number.isSafeInteger(value)) throw wrong(row, name, 'a whole number below 2^53');
  return value;
}

/** The column's yes or no (0 is no). Throws ColumnError when it is NULL. */
export function booleanOf(row: Row, name: string): boolean {
  return bigintOf(row, name) !== 0n;
}

/** The column's instant (DATETIME in UTC). Throws ColumnError when it is NULL or no time. */
export function dateOf(row: Row, name: string): Date {
  const value = row[name];
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw wrong(row, name, 'a time');
  return value;
}

/** The column's bytes. Throws ColumnError when it is NULL or no bytes. */
export function bytesOf(row: Row, name: string): Buffer {
  const value = row[name];
  if (!Buffer.isBuffer(value)) throw wrong(row, name, 'bytes');
  return value;
}

/** What `read` makes of the column, or undefined when it is NULL. */
export function optional<T>(row: Row, name: string, read: (row: Row, name: string) => T): T | undefined {
  return row[name] === null ? undefined : read(row, name);
}
