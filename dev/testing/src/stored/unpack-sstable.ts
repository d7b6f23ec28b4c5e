import { unpackLz4 } from './lz4.ts';

const LENGTH_BYTES = 4;
const CHECKSUM_BYTES = 4;

/** What `CompressionInfo.db` says about the data file beside it. */
interface Compression {
  readonly compressor: string;
  /** A chunk that would be longer is stored as it is. */
  readonly mostPackedBytes: number;
  readonly offsets: readonly number[];
}

/**
 * Unpacks the data of one of Cassandra's sstables: `data` is its `Data.db`, `info` its `CompressionInfo.db`. Throws for
 * another compressor than LZ4, because then nothing in the file could be found.
 */
export function unpackSstable(data: Buffer, info: Buffer): Buffer {
  const { compressor, mostPackedBytes, offsets } = compressionOf(info);
  if (compressor !== 'LZ4Compressor') throw new Error(`an sstable is packed by ${compressor}`);
  const chunks = offsets.map((offset, index) => {
    const packed = data.subarray(offset, (offsets[index + 1] ?? data.length) - CHECKSUM_BYTES);
    if (packed.length >= mostPackedBytes) return packed;
    // Every block is preceded by its unpacked length. One that a writer has synced early is shorter than the others.
    return unpackLz4(packed.subarray(LENGTH_BYTES), packed.readInt32LE());
  });
  return Buffer.concat(chunks);
}

function compressionOf(info: Buffer): Compression {
  let at = 0;
  const text = (): string => {
    const length = info.readUInt16BE(at);
    at += 2 + length;
    return info.toString('utf8', at - length, at);
  };
  const int = (): number => info.readInt32BE((at += 4) - 4);
  const long = (): number => Number(info.readBigInt64BE((at += 8) - 8));
  const compressor = text();
  // An option is a name and a value.
  for (let texts = 2 * int(); texts > 0; texts--) text();
  int(); // How long a chunk is.
  const mostPackedBytes = int();
  long(); // How long all of them are.
  const offsets = Array.from({ length: int() }, long);
  return { compressor, mostPackedBytes, offsets };
}
