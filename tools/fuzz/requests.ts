import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { requestTypes, type RequestType } from '../../libs/contracts/src/rules/testing/test-descriptors.ts';
import { PERSONAL } from './leaks.ts';
import { edgeNumber, hostileText, mutated } from './mutations.ts';

/** What a caller sends to a method: bytes that may be a message. */
export interface RawRequest {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const UUIDS = [1, 2, 3, 4].map((last) => `0190b3c0-7d5e-7000-8000-00000000000${last}`);

/** Texts that pass the rules, by the name of their field, so that requests get behind the validation. */
const PLAUSIBLE: Readonly<Record<string, readonly string[]>> = {
  request_id: UUIDS,
  product_id: ['85123A', '22633'],
  product_ids: ['85123A', '22633'],
  customer_id: ['17850', '13047'],
  order_id: ['536365', '536366'],
  receipt_id: ['r-1', 'r-2'],
  currency_code: ['GBP', 'EUR', 'JPY'],
  country: ['France', 'United Kingdom'],
  email: [`${PERSONAL}@example.com`],
  name: [PERSONAL, 'HEART'],
  address: [`12 ${PERSONAL} Square`],
  from_day: ['2010-12-01'],
  to_day: ['2010-12-09'],
};

const texts = (name: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 16, arbitrary: fc.constantFrom(...(PLAUSIBLE[name] ?? ['a text', 'b'])) },
    { weight: 1, arbitrary: hostileText },
  );

/** Numbers that pass the rules, by the name of their field; small ones for all others. */
const PLAUSIBLE_NUMBERS: Readonly<Record<string, readonly bigint[]>> = {
  seconds: [1_291_190_000n, 1_291_290_000n],
  nanos: [0n, 250_000_000n],
  page_size: [1n, 50n],
};

const numbers = (name: string): fc.Arbitrary<bigint> => {
  const plausible = PLAUSIBLE_NUMBERS[name];
  const usual = plausible ? fc.constantFrom(...plausible) : fc.bigInt({ min: 1n, max: 5n });
  return fc.oneof({ weight: 16, arbitrary: usual }, { weight: 1, arbitrary: edgeNumber });
};

/** How often a field is there, against once that it is not: a question with a token waits, and a version seldom fits. */
const PRESENT: Readonly<Record<string, number>> = { expected_version: 1, read: 1, page_token: 1 };

/** Writes one value of a field behind its tag. */
type Write = (writer: BinaryWriter) => BinaryWriter;

function valueOf(field: DescField): fc.Arbitrary<Write> {
  const message = field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
  if (message)
    return messageOf(message).map(
      (bytes) => (writer) => writer.tag(field.number, WireType.LengthDelimited).bytes(bytes),
    );
  // Every scalar of the contract but `string`, and every enum, travels as a varint.
  if (field.fieldKind !== 'map' && field.scalar === ScalarType.STRING)
    return texts(field.name).map(
      (text) => (writer) => writer.tag(field.number, WireType.LengthDelimited).string(text),
    );
  return numbers(field.name).map(
    (number) => (writer) => writer.tag(field.number, WireType.Varint).uint64(BigInt.asUintN(64, number)),
  );
}

/** A message of a type, in binary: usually with all of its fields, each plausible or at an edge. */
function messageOf(type: DescMessage): fc.Arbitrary<Uint8Array> {
  const fields = type.fields.map((field) => {
    const most = field.fieldKind === 'list' ? 4 : 1;
    return fc.oneof(
      {
        weight: PRESENT[field.name] ?? 12,
        arbitrary: fc.array(valueOf(field), { minLength: 1, maxLength: most }),
      },
      { weight: 1, arbitrary: fc.constant([]) },
    );
  });
  return fc.tuple(...fields).map((written) => {
    const writer = new BinaryWriter();
    for (const write of written.flat()) write(writer);
    return writer.finish();
  });
}

const usuallyWhole = (bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.oneof({ weight: 4, arbitrary: bytes }, { weight: 1, arbitrary: mutated(bytes) });

/** Requests to a method, made from its descriptor: sound ones, ones with values at an edge, and damaged ones. */
export function requestsTo({ path, type }: RequestType): fc.Arbitrary<RawRequest> {
  return usuallyWhole(messageOf(type)).map((bytes) => ({ path, bytes }));
}

/** Every method of the contract, by the service that answers it. */
export const METHODS: Readonly<Record<'commands' | 'questions', readonly RequestType[]>> = {
  commands: requestTypes.filter(({ path }) => !path.includes('QueryService')),
  questions: requestTypes.filter(({ path }) => path.includes('QueryService')),
};
