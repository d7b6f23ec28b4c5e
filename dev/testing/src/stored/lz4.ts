/** A block is not one of LZ4, or is cut off. */
export class Lz4Error extends Error {
  override readonly name = 'Lz4Error';
}

const SHORTEST_MATCH = 4;

/**
 * Unpacks one block of LZ4 (lz4.org, "LZ4 Block Format Description") into as many bytes as it is said to hold. Throws
 * Lz4Error when it holds another number of bytes.
 */
export function unpackLz4(block: Buffer, length: number): Buffer {
  const out = Buffer.alloc(length);
  let [from, to] = [0, 0];
  const next = (): number => {
    const byte = block[from++];
    if (byte === undefined) throw new Lz4Error('a block is cut off');
    return byte;
  };
  const lengthOf = (short: number): number => {
    if (short < 15) return short;
    for (let sum = short; ;) {
      const byte = next();
      sum += byte;
      if (byte < 255) return sum;
    }
  };
  while (from < block.length) {
    const token = next();
    const literals = lengthOf(token >> 4);
    if (from + literals > block.length) throw new Lz4Error('a block is cut off');
    if (to + literals > length) throw new Lz4Error(`a block holds more than ${length} bytes`);
    to += block.copy(out, to, from, from + literals);
    from += literals;
    // The last sequence is literals alone.
    if (from === block.length) break;
    const distance = next() + next() * 256;
    const match = lengthOf(token & 15) + SHORTEST_MATCH;
    if (to + match > length) throw new Lz4Error(`a block holds more than ${length} bytes`);
    if (distance === 0 || distance > to) throw new Lz4Error('a match begins before its block');
    // Byte by byte: a match may overlap what it makes.
    for (const end = to + match; to < end; to++) out[to] = out[to - distance] ?? 0;
  }
  if (to !== length) throw new Lz4Error(`a block holds ${to} bytes, not ${length}`);
  return out;
}
