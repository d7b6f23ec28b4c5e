/** A component of a partition key, with its type in CQL's words. */
export type KeyPart =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'bigint'; readonly value: bigint }
  | { readonly type: 'timestamp'; readonly value: Date };

/**
 * A partition key's bytes; the hash of these bytes is the key's token. One component is taken as it is. Of several
 * components, each has its length before it and a zero after it (Cassandra's CompositeType).
 */
export function routingKeyOf(parts: readonly KeyPart[]): Buffer {
  const encoded = parts.map(encode);
  const [only] = encoded;
  if (encoded.length === 1 && only) return only;
  return Buffer.concat(
    encoded.flatMap((part) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(part.length);
      return [length, part, Buffer.alloc(1)];
    }),
  );
}

function encode({ type, value }: KeyPart): Buffer {
  if (type === 'text') return Buffer.from(value, 'utf8');
  if (type === 'int') {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(type === 'bigint' ? value : BigInt(value.getTime()));
  return bytes;
}
