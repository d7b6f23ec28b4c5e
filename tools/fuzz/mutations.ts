import fc from 'fast-check';

/** One change of some bytes; places and lengths are taken modulo what there is. */
type Edit =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'double'; readonly at: number; readonly length: number }
  | { readonly kind: 'put'; readonly at: number; readonly bytes: Uint8Array };

const at = fc.nat({ max: 2 ** 20 });
const length = fc.integer({ min: 1, max: 40 });
/** What decoders trip over: the ends of varints, lengths that lie, zeros, broken UTF-8. */
const hostileBytes = fc.oneof(
  fc
    .constantFrom<readonly number[]>(
      [0],
      [0xff],
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0x0b, 0x0b, 0x0b],
    )
    .map((bytes) => Uint8Array.from(bytes)),
  fc.uint8Array({ minLength: 1, maxLength: 8 }),
);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant('cut' as const), at, length }),
  fc.record({ kind: fc.constant('double' as const), at, length }),
  fc.record({ kind: fc.constant('put' as const), at, bytes: hostileBytes }),
);

function edited(bytes: Uint8Array, change: Edit): Uint8Array {
  const place = bytes.length === 0 ? 0 : change.at % bytes.length;
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  if (change.kind === 'put') return Buffer.concat([before, change.bytes, after]);
  if (change.kind === 'cut') return Buffer.concat([before, after.subarray(change.length)]);
  if (change.kind === 'double') return Buffer.concat([before, after.subarray(0, change.length), after]);
  const flipped = Uint8Array.from(bytes);
  flipped[place] = (flipped[place] ?? 0) ^ (1 << change.bit);
  return flipped;
}

/** Bytes with one to four changes: flipped bits, parts cut out or doubled, and bytes that decoders trip over. */
export function mutated(original: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(original, fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([bytes, edits]) => edits.reduce(edited, bytes));
}

/** A text with one to four of its bytes changed. */
export function mutatedText(original: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return mutated(original.map((text) => Buffer.from(text))).map((bytes) => Buffer.from(bytes).toString());
}

/** Texts that something may trip over: too long, of another script, control characters, pieces of other languages. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\u202e\u2066',
    'a\u0301'.repeat(40),
    '🛒'.repeat(200),
    "' OR 1=1 --",
    '${jndi:x}',
    '%s%n%00',
    '../../../etc/passwd',
    '__proto__',
    'constructor',
    'x'.repeat(5_000),
  ),
);

/** Whole numbers at the edges of their types. */
export const edgeNumber: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(
    0n,
    1n,
    -1n,
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 64n - 1n,
  ),
  fc.bigInt({ min: 0n, max: 300n }),
);
