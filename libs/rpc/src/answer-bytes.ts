import type { CompatServiceDefinition } from 'nice-grpc';

/** The most bytes of a message, without the frame around it: the default limit of gRPC clients. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** An answer is larger than a message may be: no client would take it, however often it asks. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
  readonly bytes: number;

  constructor(bytes: number) {
    super(`an answer of ${bytes} bytes is larger than a message, which has at most ${MAX_MESSAGE_BYTES}`);
    this.bytes = bytes;
  }
}

/** The bytes of a server's answers, made where a failure can still be told, counted and logged. */
export interface AnswerBytes {
  /** The same definition, which sends an answer as `encode` made it. */
  sentAsEncoded<Definition extends CompatServiceDefinition>(definition: Definition): Definition;
  /**
   * Encodes an answer of a method. Throws AnswerTooLargeError, or what its type throws of a value that does not fit in its field.
   * Does nothing for methods of definitions that were not given to `sentAsEncoded`.
   */
  encode(path: string, answer: unknown): void;
}

/** A generated message's type, as far as answers need it: nothing is known of a message here. */
interface MessageType {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  fromPartial?(partial: unknown): unknown;
}

/**
 * By default, grpc-js encodes an answer when all of a server's middleware has ended. Nothing then handles a failure to
 * encode, and the caller reads a status without a reason.
 */
export function createAnswerBytes(): AnswerBytes {
  const typeOf = new Map<string, MessageType>();
  const known = new WeakMap<object, Uint8Array>();

  return {
    sentAsEncoded(definition) {
      if (!isGenerated(definition)) return definition;
      const methods = Object.entries(definition.methods).map(([key, method]) => {
        const { responseType } = method;
        typeOf.set(`/${definition.fullName}/${method.name}`, responseType);
        return [key, { ...method, responseType: encodedBefore(responseType, known) }] as const;
      });
      return { ...definition, methods: Object.fromEntries(methods) };
    },
    encode(path, answer) {
      const type = typeOf.get(path);
      if (!type) return;
      if (typeof answer !== 'object' || answer === null) throw new TypeError('an answer is no message');
      const bytes = encoded(type, answer);
      if (bytes.length > MAX_MESSAGE_BYTES) throw new AnswerTooLargeError(bytes.length);
      known.set(answer, bytes);
    },
  };
}

/** A definition as ts-proto generates it. */
interface GeneratedDefinition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, { readonly name: string; readonly responseType: MessageType }>>;
}

function isGenerated(
  definition: CompatServiceDefinition,
): definition is CompatServiceDefinition & GeneratedDefinition {
  return 'name' in definition && 'fullName' in definition && 'methods' in definition;
}

/** Handlers may leave fields of a message out. Such a field has its default. */
function encoded({ encode, fromPartial }: MessageType, message: object): Uint8Array {
  return encode(fromPartial ? fromPartial(message) : message).finish();
}

function encodedBefore(type: MessageType, known: WeakMap<object, Uint8Array>) {
  return {
    encode: (message: object) => ({ finish: () => known.get(message) ?? encoded(type, message) }),
    decode: (bytes: Uint8Array) => type.decode(bytes),
  };
}
