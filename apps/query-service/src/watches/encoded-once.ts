/** A message's type, as far as answers need it. */
export interface MessageType<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/**
 * The same type, which encodes a message that was encoded already to the same bytes again: what is pushed to thousands of
 * readers is worked out once. Messages must not be changed after they were given.
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
