import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { REFLECTION_METHOD } from './reflection.ts';

const read = (bytes: Uint8Array) => REFLECTION_METHOD.requestDeserialize(Buffer.from(bytes));

/** A field of so many bytes, of which there are three. */
const tooShort = (field: number, declared: number) =>
  Buffer.concat([
    new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(declared).finish(),
    Buffer.from('abc'),
  ]);

describe('a request of reflection', () => {
  it.each([1, 3, 4, 5, 6, 7, 99])('is refused at once when its field %i goes beyond its end', (field) => {
    for (const declared of [4, 2 ** 20, 2 ** 31 - 1, 2 ** 32 - 1])
      expect(() => read(tooShort(field, declared))).toThrow(RangeError);
  });

  it('is refused when a field of the extension that it asks for does', () => {
    const extension = new BinaryWriter().tag(5, WireType.LengthDelimited).bytes(tooShort(1, 2 ** 31 - 1));
    expect(() => read(extension.finish())).toThrow(RangeError);
  });

  it('keeps what it asks for, whatever else is in it', () => {
    const writer = new BinaryWriter();
    writer.tag(99, WireType.Varint).uint32(7);
    writer.tag(1, WireType.LengthDelimited).string('host');
    writer.tag(4, WireType.LengthDelimited).string('meridian.orders.v1.Order');
    const request = read(writer.finish());
    expect([request.getHost(), request.getFileContainingSymbol()]).toEqual([
      'host',
      'meridian.orders.v1.Order',
    ]);
    const extension = new BinaryWriter();
    extension.tag(1, WireType.LengthDelimited).string('a.B').tag(2, WireType.Varint).int32(-12);
    const asked = new BinaryWriter().tag(5, WireType.LengthDelimited).bytes(extension.finish());
    const found = read(asked.finish()).getFileContainingExtension();
    expect([found?.getContainingType(), found?.getExtensionNumber()]).toEqual(['a.B', -12]);
  });
});
