import fc from 'fast-check';

/** What an HTTP/2 client sends first. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const EMPTY = Buffer.alloc(0);
const TYPES = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;
const END_STREAM = 1;
const END_HEADERS = 4;

function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array,
  declared = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(declared, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A text as HPACK writes it without Huffman's code (RFC 7541, 5.2). */
function hpackText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

type Header = readonly [name: string, value: string];

const hpack = (headers: readonly Header[]): Buffer =>
  Buffer.concat(
    headers.map(([name, value]) =>
      Buffer.concat([EMPTY, Buffer.from([0]), hpackText(name), hpackText(value)]),
    ),
  );

const texts = (...all: readonly string[]) => fc.constantFrom(...all);
const latin = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  texts('', '%', '%zz', '%E0%A4%A', '-1', 'NaN', '1e999', '__proto__', '00-zz-zz-01', '{', 'a\u0000b'),
);
const stream = fc.constantFrom(1, 1, 1, 3, 5, 0, 2, 2 ** 31 - 1);

const METHODS = [
  '/test.v1.TestService/Echo',
  '/test.v1.TestService/Count',
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/Watch',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
];
const oddPath = fc.oneof(texts('', '/', '//', '*', '/test.v1.TestService/Écho', '/a/b\u0001'), latin);
const oddType = texts('application/grpc+proto', 'application/grpcé', 'text/plain', '');
/** Headers that HTTP/2 lets through. */
const oddValue: fc.Arbitrary<Header> = fc.oneof(
  fc.tuple(
    fc.constant('grpc-timeout'),
    texts('1S', '1n', '0H', '99999999H', '999999999H', 'soon', '-1S', 'é'),
  ),
  fc.tuple(fc.constant('grpc-encoding'), texts('gzip', 'deflate', 'identity', 'é', 'nonsense')),
  fc.tuple(
    texts('traceparent', 'tracestate', 'meridian-internal-deadline', 'key-bin', 'grpc-accept-encoding'),
    latin,
  ),
);
/** Headers that break HTTP/2's own rules or bounds. */
const oddHeader: fc.Arbitrary<Header> = fc.oneof(
  fc.tuple(texts(':path', 'TE', '', 'connection'), latin),
  fc.nat({ max: 40_000 }).map((length): Header => ['x-long', 'x'.repeat(length)]),
  fc.tuple(latin, latin),
);

interface Call {
  readonly path: string;
  readonly type: string;
  readonly more: readonly Header[];
}
const usually = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: odd });
/** A call with something odd in it. */
const call: fc.Arbitrary<Call> = fc.record({
  path: usually(texts(...METHODS), oddPath),
  type: usually(fc.constant('application/grpc'), oddType),
  more: fc.array(usually(oddValue, oddHeader), { maxLength: 3 }),
});

function headersFrame({ path, type, more }: Call, of: number, ends: boolean): Buffer {
  const usual: Header[] = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'a'],
    ['content-type', type],
    ['te', 'trailers'],
  ];
  const flags = END_HEADERS + (ends ? END_STREAM : 0);
  return frame(TYPES.headers, flags, of, hpack([...usual, ...more]).subarray(0, 16_384));
}

const headers = fc.tuple(call, stream, fc.boolean()).map(([made, of, ends]) => headersFrame(made, of, ends));

const message = fc.oneof(
  texts('{"text":"x"}', '{"text":', '[]', '"x"', 'null', '').map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);
/** A gRPC message in a DATA frame; its length and its mark of compression may be lies. */
const data = (on: fc.Arbitrary<number>) =>
  fc
    .record({
      message,
      on,
      compressed: fc.constantFrom(0, 0, 0, 1, 255),
      lie: fc.constantFrom(0, 0, 0, 1, 2 ** 31),
    })
    .map((made) => {
      const prefix = Buffer.from([made.compressed, 0, 0, 0, 0]);
      prefix.writeUInt32BE(made.message.length + made.lie, 1);
      return frame(TYPES.data, END_STREAM, made.on, Buffer.concat([prefix, made.message]));
    });

const control = fc
  .tuple(
    fc.constantFrom(TYPES.rstStream, TYPES.settings, TYPES.ping, TYPES.goAway, TYPES.windowUpdate),
    stream,
    fc.uint8Array({ minLength: 4, maxLength: 8 }),
  )
  .map(([type, of, payload]) => frame(type, 0, of, payload));
const reset = stream.map((of) => frame(TYPES.rstStream, 0, of, Buffer.from([0, 0, 0, 8])));
const anyFrame = fc
  .record({
    type: fc.nat({ max: 20 }),
    flags: fc.nat({ max: 255 }),
    stream: fc.nat({ max: 9 }),
    payload: fc.uint8Array({ maxLength: 60 }),
    lie: fc.constantFrom(0, 0, 0, 1, 200_000),
  })
  .map((made) => frame(made.type, made.flags, made.stream, made.payload, made.payload.length + made.lie));

const start = Buffer.concat([PREFACE, frame(TYPES.settings, 0, 0, EMPTY)]);
/** Calls, each with a message, that are odd one by one. */
const calls = fc.array(fc.tuple(call, data(fc.constant(1))), { minLength: 1, maxLength: 4 }).map((made) =>
  Buffer.concat([
    start,
    ...made.flatMap(([asked, sent], index) => {
      const moved = Buffer.from(sent);
      moved.writeUInt32BE(2 * index + 1, 5);
      return [headersFrame(asked, 2 * index + 1, false), moved];
    }),
  ]),
);
const frames = fc
  .array(fc.oneof(headers, headers, data(stream), data(stream), reset, control, anyFrame), { maxLength: 8 })
  .map((made) => Buffer.concat([start, ...made]));

/** What a client of a gRPC port should never send: bytes of any kind, or HTTP/2 that goes wrong somewhere after its start. */
export const hostileBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  { weight: 3, arbitrary: frames },
  { weight: 3, arbitrary: calls },
);
