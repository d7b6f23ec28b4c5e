/** Reads Kafka's basic types from bytes, one after the other. Throws RangeError beyond the end. */
export class Bytes {
  readonly buffer: Buffer;
  /** The index of the next byte. */
  at: number;

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer;
    this.at = at;
  }

  int8(): number {
    return this.buffer.readInt8(this.at++);
  }

  int16(): number {
    return this.buffer.readInt16BE((this.at += 2) - 2);
  }

  int32(): number {
    return this.buffer.readInt32BE((this.at += 4) - 4);
  }

  int64(): bigint {
    return this.buffer.readBigInt64BE((this.at += 8) - 8);
  }

  /** A text with its length as an int16 before it; empty for null. */
  text(): string {
    const length = Math.max(0, this.int16());
    return this.buffer.toString('utf8', this.at, (this.at += length));
  }

  /** A whole number of up to 53 bits, in zigzag code with seven bits in each byte. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.buffer[this.at++];
      if (byte === undefined) throw new RangeError('a number goes beyond the end');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
      factor *= 0x80;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Bytes with their length as a varint before them. They share memory with the buffer. */
  varbytes(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.buffer.subarray(this.at, (this.at += length));
  }
}
