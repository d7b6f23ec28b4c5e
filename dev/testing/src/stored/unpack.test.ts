import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Lz4Error, unpackLz4 } from './lz4.ts';
import { unpackSegment } from './unpack-segment.ts';
import { unpackSstable } from './unpack-sstable.ts';

/** `abc`, then nine bytes from three before, then `!` as the last literal. */
const PACKED = Buffer.concat([
  Buffer.from([0x35]),
  Buffer.from('abc'),
  Buffer.from([3, 0, 0x10]),
  Buffer.from('!'),
]);

describe('a block of LZ4', () => {
  it('gives its literals and what they are repeated as', () => {
    expect(unpackLz4(PACKED, 13).toString()).toBe('abcabcabcabc!');
  });

  it('gives literals and matches that are longer than a token says', () => {
    const literals = Buffer.alloc(300, 'x');
    const block = Buffer.concat([Buffer.from([0xff, 255, 30]), literals, Buffer.from([1, 0, 5, 0x00])]);
    expect(unpackLz4(block, 300 + 15 + 5 + 4).equals(Buffer.alloc(324, 'x'))).toBe(true);
  });

  it('is refused when it is cut off, or holds something else', () => {
    expect(() => unpackLz4(PACKED.subarray(0, 2), 13)).toThrow(Lz4Error);
    expect(() => unpackLz4(PACKED, 12)).toThrow(Lz4Error);
    expect(() => unpackLz4(Buffer.from([0x00, 9, 0]), 4)).toThrow(Lz4Error);
  });
});

/** A batch of Kafka, format 2, with these records. */
function batch(codec: number, records: Buffer): Buffer {
  const head = Buffer.alloc(61);
  head.writeInt32BE(49 + records.length, 8);
  head.writeInt16BE(codec, 21);
  return Buffer.concat([head, records]);
}

describe('a segment of Kafka', () => {
  it('gives the records of every batch, packed or not', () => {
    const segment = Buffer.concat([
      batch(0, Buffer.from('one')),
      batch(4, zstdCompressSync(Buffer.from('two'))),
    ]);
    expect(unpackSegment(segment).toString()).toBe('onetwo');
  });

  it('ends with the last whole batch', () => {
    const whole = batch(0, Buffer.from('one'));
    expect(unpackSegment(Buffer.concat([whole, Buffer.alloc(100)])).toString()).toBe('one');
    expect(unpackSegment(Buffer.concat([whole, whole.subarray(0, 62)])).toString()).toBe('one');
  });

  it('is refused when something in it cannot be unpacked', () => {
    expect(() => unpackSegment(batch(3, Buffer.from('one')))).toThrow('codec 3');
  });
});

/** What Cassandra writes beside packed data, for chunks at these places. */
function infoOf(compressor: string, offsets: readonly number[]): Buffer {
  const name = Buffer.concat([Buffer.from([0, compressor.length]), Buffer.from(compressor)]);
  const numbers = Buffer.alloc(4 + 4 + 4 + 8 + 4);
  numbers.writeInt32BE(16_384, 4);
  numbers.writeInt32BE(0x7fffffff, 8);
  numbers.writeInt32BE(offsets.length, 20);
  const places = Buffer.alloc(8 * offsets.length);
  offsets.forEach((offset, index) => places.writeBigInt64BE(BigInt(offset), 8 * index));
  return Buffer.concat([name, numbers, places]);
}

describe('an sstable of Cassandra', () => {
  const length = Buffer.from([13, 0, 0, 0]);
  const chunk = Buffer.concat([length, PACKED, Buffer.alloc(4)]);

  it('gives all of its chunks', () => {
    const info = infoOf('LZ4Compressor', [0, chunk.length]);
    expect(unpackSstable(Buffer.concat([chunk, chunk]), info).toString()).toBe('abcabcabcabc!'.repeat(2));
  });

  it('is refused when it is packed otherwise', () => {
    expect(() => unpackSstable(chunk, infoOf('ZstdCompressor', [0]))).toThrow('ZstdCompressor');
  });
});
