import type { Statement } from '@meridian/cassandra';

/** The bounds of one batch: many rows of one partition are cheap together, but a store refuses batches that are too large. */
export interface ChunkBounds {
  readonly maxStatements: number;
  /** Estimated from the values; a single statement may be larger. */
  readonly maxBytes: number;
}

const BYTES_A_VALUE = 12;

/** Cuts statements into batches, in their order. */
export function chunksOf(
  statements: readonly Statement[],
  { maxStatements, maxBytes }: ChunkBounds,
): readonly (readonly Statement[])[] {
  const chunks: Statement[][] = [];
  let bytes = 0;
  for (const statement of statements) {
    const size = bytesOf(statement);
    const current = chunks.at(-1);
    if (!current || current.length === maxStatements || bytes + size > maxBytes) {
      chunks.push([statement]);
      bytes = size;
    } else {
      current.push(statement);
      bytes += size;
    }
  }
  return chunks;
}

/** A statement's size, estimated from its values. */
export function bytesOf({ params }: Statement): number {
  return params.reduce<number>((sum, value) => {
    if (typeof value === 'string') return sum + BYTES_A_VALUE + Buffer.byteLength(value);
    return sum + BYTES_A_VALUE + (Buffer.isBuffer(value) ? value.length : 0);
  }, 0);
}
