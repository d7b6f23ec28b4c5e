import { resourceExhausted } from './errors.ts';

/** How many calls one caller may have under way. */
export interface CallerBounds {
  /** Unary calls at once. */
  readonly maxCalls: number;
  /** Streams at once, such as watches. */
  readonly maxStreams: number;
}

/**
 * Counts a call of a caller and gives what ends it. Throws RESOURCE_EXHAUSTED, reason TOO_MANY_CALLS_OF_CALLER or
 * TOO_MANY_STREAMS_OF_CALLER, when the caller has as many under way as one may have.
 */
export type EnterCaller = (callerId: string, isStream: boolean) => () => void;

const RETRY_CALL_MS = 500;
const RETRY_STREAM_MS = 5_000;

/** Bounds the calls that one caller has under way, so that no caller takes all places. A caller without calls is forgotten. */
export function callerLimit({ maxCalls, maxStreams }: CallerBounds): EnterCaller {
  const underWay = { calls: new Map<string, number>(), streams: new Map<string, number>() };
  return (callerId, isStream) => {
    const counts = isStream ? underWay.streams : underWay.calls;
    const count = counts.get(callerId) ?? 0;
    if (count >= (isStream ? maxStreams : maxCalls)) throw isStream ? streams(maxStreams) : calls(maxCalls);
    counts.set(callerId, count + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (counts.get(callerId) ?? 1) - 1;
      if (left > 0) counts.set(callerId, left);
      else counts.delete(callerId);
    };
  };
}

function calls(max: number): Error {
  const message = `you have ${max} calls under way, as many as one caller may: wait for some of them`;
  return resourceExhausted('TOO_MANY_CALLS_OF_CALLER', message, RETRY_CALL_MS);
}

function streams(max: number): Error {
  const message = `you have ${max} streams open, as many as one caller may: end some of them`;
  return resourceExhausted('TOO_MANY_STREAMS_OF_CALLER', message, RETRY_STREAM_MS);
}
