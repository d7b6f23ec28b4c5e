import type { Value } from '@meridian/mysql';
import type { Statement } from './script.ts';

/** What the packets of a request take beside its text, generously. */
const MARGIN_BYTES = 4 * 1024;

/**
 * How many bytes statements take at most when they are sent as one request, their values included: bytes are sent as hexadecimal
 * digits, and each byte of a text may need a backslash.
 */
export function requestBytes(statements: readonly Statement[]): number {
  return statements.reduce(
    (sum, { sql, values }) => sum + Buffer.byteLength(sql) + 2 + valueBytes(values),
    MARGIN_BYTES,
  );
}

function valueBytes(value: Value): number {
  if (typeof value === 'string') return 2 * Buffer.byteLength(value) + 2;
  if (value instanceof Uint8Array) return 2 * value.length + 3;
  // Numbers, true, null and dates.
  if (typeof value !== 'object' || value === null || value instanceof Date) return 32;
  let bytes = 0;
  for (const one of value) bytes += valueBytes(one) + 4;
  return bytes;
}
