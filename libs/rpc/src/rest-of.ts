import type { CallContext } from 'nice-grpc-common';

/** Where a call's answers come from. */
export interface Steps<Answer> {
  next(): Promise<IteratorResult<Answer, Answer | void>>;
  return?(): Promise<unknown>;
}

/** Reads the rest of a call's stream itself. Its messages are of the type of the call's method. */
export interface RestReader {
  read(rest: Steps<unknown>): void;
}

const readerOf = new WeakMap<AbortSignal, RestReader>();

/** Remembers who reads the rest of a call's stream, by the signal that its handler is given. */
export function noteRestReader(signal: AbortSignal, reader: RestReader): void {
  readerOf.set(signal, reader);
}

/**
 * What a handler ends with when all further messages of its stream come from one iterator: `yield* restOf(context, messages)`.
 * The server then reads the iterator itself, outside of the call's trace context. Each generator in between would wait for
 * two promises per message. The call ends as before: with the iterator's end or error, or with its `return`. In a call of no
 * server, this gives the messages.
 */
export function restOf<T>(
  { signal }: Pick<CallContext, 'signal'>,
  messages: AsyncIterable<T, undefined>,
): AsyncIterable<T, undefined> {
  const reader = readerOf.get(signal);
  if (!reader) return messages;
  reader.read(messages[Symbol.asyncIterator]());
  return NOTHING;
}

const NOTHING: AsyncIterable<never, undefined> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};
