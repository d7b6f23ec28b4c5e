import type { Statement } from '@meridian/cassandra';

const BYTES_PER_VALUE = 12;

/** The size of a statement, estimated from its values. */
export function bytesOf({ params }: Statement): number {
  return params.reduce<number>((sum, value) => {
    if (typeof value === 'string') return sum + BYTES_PER_VALUE + Buffer.byteLength(value);
    return sum + BYTES_PER_VALUE + (Buffer.isBuffer(value) ? value.length : 0);
  }, 0);
}
