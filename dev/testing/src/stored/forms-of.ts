/** One way in which bytes can stand in a file. */
export interface Form {
  /** What it is called in a finding: `as it is`, `in base64`. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Shorter bytes are found by chance, and their base64 has no digits that are theirs alone. */
const FEWEST_BYTES = 8;

/**
 * The ways in which a text can stand in a file: in UTF-8, in UTF-16, in base64 and in hexadecimal digits. Each is given as it
 * is, in lower and in upper case. UTF-16 is found in both byte orders. Throws RangeError for a text under eight bytes.
 */
export function formsOfText(text: string): readonly Form[] {
  const cases = [...new Set([text, text.toLowerCase(), text.toUpperCase()])];
  return cases.flatMap((one) => [
    ...formsOfBytes(Buffer.from(one)),
    // Without its last byte, which is zero for Latin letters, little-endian is also a part of big-endian.
    { name: 'in UTF-16', bytes: Buffer.from(one, 'utf16le').subarray(0, -1) },
  ]);
}

/** The ways in which bytes can stand in a file: as they are, in base64 and in hexadecimal digits. */
export function formsOfBytes(bytes: Buffer): readonly Form[] {
  if (bytes.length < FEWEST_BYTES) throw new RangeError(`${bytes.length} bytes are too few to be looked for`);
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((offset) => base64Behind(bytes, offset));
  const url = base64.map((digits) => digits.replaceAll('+', '-').replaceAll('/', '_'));
  return [
    { name: 'as it is', bytes },
    ...[...new Set([...base64, ...url])].map((digits) => ({ name: 'in base64', bytes: Buffer.from(digits) })),
    ...[hex, hex.toUpperCase()].map((digits) => ({ name: 'in hex', bytes: Buffer.from(digits) })),
  ];
}

/** The base64 digits that depend on these bytes alone, when `offset` bytes stand before them in a group of three. */
function base64Behind(bytes: Buffer, offset: number): string {
  const digits = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor(((offset + bytes.length) * 8) / 6);
  return digits.slice(first, last);
}
