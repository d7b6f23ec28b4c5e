import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/** Base offset and length stand before what the length counts. */
const PREFIX_BYTES = 12;
const CODEC_AT = 21;
const RECORDS_AT = 61;

/**
 * Unpacks the batches of one of Kafka's log segments (message format 2), one after the other. What stands behind the last
 * whole batch is left out. Throws for a compression that it does not know, because then nothing in it could be found.
 */
export function unpackSegment(segment: Buffer): Buffer {
  const unpacked: Buffer[] = [];
  for (let at = 0; at + RECORDS_AT <= segment.length;) {
    const end = at + PREFIX_BYTES + segment.readInt32BE(at + 8);
    // A file may be longer than what has been written to it.
    if (end <= at + PREFIX_BYTES || end > segment.length) break;
    unpacked.push(
      unpackRecords(segment.readInt16BE(at + CODEC_AT) & 7, segment.subarray(at + RECORDS_AT, end)),
    );
    at = end;
  }
  return Buffer.concat(unpacked);
}

function unpackRecords(codec: number, records: Buffer): Buffer {
  if (codec === 0) return records;
  if (codec === 1) return gunzipSync(records);
  if (codec === 4) return zstdDecompressSync(records);
  throw new Error(`a batch of Kafka is packed by codec ${codec}`);
}
