import type { CompatServiceDefinition } from 'nice-grpc';
import { patchGrpcJs } from './grpc-js-internals.ts';

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
  /** Learns how the answers of a service are encoded. */
  know(definition: CompatServiceDefinition): void;
  /**
   * Encodes an answer of a method, as it will be sent. Throws AnswerTooLargeError, or what its type throws of a value that
   * does not fit in its field. Does nothing for methods of services that it does not know.
   */
  encode(path: string, answer: unknown): void;
}

/** A generated message's type, as far as answers need it: nothing is known of a message here. */
interface MessageType {
  encode(message: unknown): { finish(): Uint8Array };
  fromPartial?(partial: unknown): unknown;
}

/** A method, as far as its answers go. */
interface Answering {
  readonly type: MessageType;
  /** The same object is the answer of many callers. */
  readonly isShared: boolean;
}

/** The frames of answers. All servers of a process share the one grpc-js, and so the frames. */
const frames = new WeakMap<object, Buffer>();

/** A frame begins with one byte, which says that its message is not compressed, and the message's length in four. */
const HEADER_BYTES = 5;

/**
 * By default, grpc-js encodes an answer when all of a server's middleware has ended. Nothing then handles a failure to
 * encode, and the caller reads a status without a reason. An object that a method of `sharedBy` gives again is not encoded
 * again.
 */
export function createAnswerBytes(sharedBy: readonly string[] = []): AnswerBytes {
  const answeringOf = new Map<string, Answering>();
  return {
    know(definition) {
      if (!isGenerated(definition)) return;
      for (const { name, responseType: type } of Object.values(definition.methods)) {
        const path = `/${definition.fullName}/${name}`;
        answeringOf.set(path, { type, isShared: sharedBy.includes(path) });
      }
    },
    encode(path, answer) {
      const answering = answeringOf.get(path);
      if (!answering) return;
      if (typeof answer !== 'object' || answer === null) throw new TypeError('an answer is no message');
      if (answering.isShared && frames.has(answer)) return;
      const bytes = encoded(answering.type, answer);
      if (bytes.length > MAX_MESSAGE_BYTES) throw new AnswerTooLargeError(bytes.length);
      frames.set(answer, frameOf(bytes));
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

function frameOf(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + bytes.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, HEADER_BYTES);
  return frame;
}

/** The part of a call of grpc-js' server that makes the frame of a message. */
interface ServerCallClass {
  readonly prototype: { serializeMessage(message: unknown): Buffer };
}

/**
 * Lets the servers of grpc-js 1.14 send an answer's frame as it is. By themselves, they encode a message for each stream and copy
 * it twice. Safe to call often; affects this process only. Throws when grpc-js makes its frames elsewhere by now.
 */
export function patchFrames(): void {
  patchGrpcJs(
    'server-interceptors',
    'serializeMessage',
    ({ BaseServerInterceptingCall: call }: { readonly BaseServerInterceptingCall?: ServerCallClass }) => {
      const serialize = call?.prototype.serializeMessage;
      if (!call || typeof serialize !== 'function')
        throw new Error('this version of grpc-js makes its frames elsewhere');
      call.prototype.serializeMessage = function serializeUnlessFramed(message) {
        const frame = typeof message === 'object' && message !== null ? frames.get(message) : undefined;
        return frame ?? serialize.call(this, message);
      };
    },
  );
}
