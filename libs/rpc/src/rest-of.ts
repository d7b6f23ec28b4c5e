import type { CallContext } from './call-context.ts';

/**
 * What a handler ends with when all further messages of its stream come from one iterator: `yield* restOf(context, messages)`.
 * The server then reads the iterator itself, outside of the call's trace context. Each generator in between would wait for
 * two promises per message. The call ends as before: with the iterator's end or error, or with its `return`. In a call of no
 * server, this gives the messages.
 */
export function restOf<T>(
  { readRest }: Pick<CallContext, 'readRest'>,
  messages: AsyncIterable<T, undefined>,
): AsyncIterable<T, undefined> {
  if (!readRest) return messages;
  readRest(messages[Symbol.asyncIterator]());
  return NOTHING;
}

const NOTHING: AsyncIterable<never, undefined> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};
