const FIRST_BYTES = 4_096;

/** Writes Kafka's basic types into bytes, one after the other. Grows as it needs to. */
export class ByteWriter {
  #buffer: Buffer;
  /** How many bytes are written. */
  at = 0;

  constructor(bytes = FIRST_BYTES) {
    this.#buffer = Buffer.allocUnsafe(bytes);
  }

  /** What is written so far. It shares memory with the writer. */
  written(): Buffer {
    return this.#buffer.subarray(0, this.at);
  }

  /** Leaves room for so many bytes. Gives the index of the first. */
  reserve(bytes: number): number {
    const from = this.at;
    this.at += bytes;
    if (this.at > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.at));
      this.#buffer.copy(larger, 0, 0, from);
      this.#buffer = larger;
    }
    return from;
  }

  int8(value: number): void {
    const at = this.reserve(1);
    this.#buffer.writeInt8(value, at);
  }

  int16(value: number): void {
    this.int16At(this.reserve(2), value);
  }

  int16At(at: number, value: number): void {
    this.#buffer.writeInt16BE(value, at);
  }

  int32(value: number): void {
    this.int32At(this.reserve(4), value);
  }

  int32At(at: number, value: number): void {
    this.#buffer.writeInt32BE(value | 0, at);
  }

  int64(value: bigint): void {
    const at = this.reserve(8);
    this.#buffer.writeBigInt64BE(value, at);
  }

  /** A text with its length as an int16 before it. */
  text(value: string): void {
    this.int16(Buffer.byteLength(value));
    this.bytes(value);
  }

  /** A whole number of up to 31 bits, in zigzag code with seven bits in each byte. */
  varint(value: number): void {
    let left = zigzag(value);
    for (; left > 0x7f; left >>>= 7) this.#byte((left & 0x7f) | 0x80);
    this.#byte(left);
  }

  #byte(value: number): void {
    // First of all: the buffer may be another one afterwards.
    const at = this.reserve(1);
    this.#buffer[at] = value;
  }

  /** Bytes, or a text as UTF-8, without a length. */
  bytes(value: Uint8Array | string): void {
    const at = this.reserve(sizeOf(value));
    if (typeof value === 'string') this.#buffer.write(value, at, 'utf8');
    else this.#buffer.set(value, at);
  }

  /** A text of which every character is one byte. */
  latin1(value: string): void {
    const at = this.reserve(value.length);
    this.#buffer.write(value, at, 'latin1');
  }

  /** Bytes, or a text, with their length as a varint before them; -1 stands for null. */
  varbytes(value: Uint8Array | string | null): void {
    this.varint(value === null ? -1 : sizeOf(value));
    if (value !== null) this.bytes(value);
  }
}

/** The bytes that a number takes as a varint. */
export function varintSize(value: number): number {
  let size = 1;
  for (let left = zigzag(value); left > 0x7f; left >>>= 7) size += 1;
  return size;
}

/** The bytes that bytes, or a text, take with their length before them. */
export function varbytesSize(value: Uint8Array | string | null): number {
  if (value === null) return varintSize(-1);
  const size = sizeOf(value);
  return varintSize(size) + size;
}

/** The bytes of a varint, each as a character. */
export function varintText(value: number): string {
  let text = '';
  let left = zigzag(value);
  for (; left > 0x7f; left >>>= 7) text += String.fromCharCode((left & 0x7f) | 0x80);
  return text + String.fromCharCode(left);
}

const zigzag = (value: number) => ((value << 1) ^ (value >> 31)) >>> 0;

const sizeOf = (value: Uint8Array | string) =>
  typeof value === 'string' ? Buffer.byteLength(value) : value.length;
