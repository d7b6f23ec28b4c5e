/** A message's type, as far as answers need it. */
export interface MessageType<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/**
 * The same type, which encodes each message once and then gives the same bytes again: one message goes to thousands of
 * readers. A message must not be changed after it was given.
 */
export function encodedOnce<T extends object>(type: MessageType<T>): MessageType<T> {
  const known = new WeakMap<T, Uint8Array>();
  return {
    encode(message) {
      let bytes = known.get(message);
      if (!bytes) known.set(message, (bytes = type.encode(message).finish()));
      const encoded = bytes;
      return { finish: () => encoded };
    },
    decode: (bytes) => type.decode(bytes),
  };
}
