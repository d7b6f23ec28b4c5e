import { jitteredMs } from '@meridian/async';
import type { CallContext, ServerMiddlewareCall } from 'nice-grpc-common';
import { deadlineExceeded, rawDeadline } from './deadline.ts';
import { unavailable } from './errors.ts';
import { isAbortError } from './caller-errors.ts';

/** Whether either side sends a stream. */
type CallKind = Pick<ServerMiddlewareCall<unknown, unknown>, 'requestStream' | 'responseStream'>;

/** The bounds in time of all calls of a server. */
export interface CallBounds {
  /**
   * Binds a call. Throws UNAVAILABLE, reason SHUTTING_DOWN, once the server has cut its calls, and DEADLINE_EXCEEDED when the call's
   * deadline has passed: nobody would read what its handler does.
   */
  bind(call: CallKind, context: CallContext): BoundCall;
  /** Ends every call under way, and every later one, with UNAVAILABLE, reason SHUTTING_DOWN. */
  cut(): void;
}

/** One call that ends at its deadline, or as a stream at its age, and when it is cut, whether or not its handler heeds its signal. */
export interface BoundCall {
  /** Tells the handler that nobody waits any more. */
  readonly signal: AbortSignal;
  /**
   * What a step of the handler gives, or the reason why the call was ended before. Promise.race would do, but it leaves something
   * behind at a promise that outlives it with every step, and a stream may take a great many.
   */
  next<T>(step: Promise<T>): Promise<T>;
  /** Ends a stream at this time with this reason. A unary call has its deadline and is left alone. */
  endStreamAt(atMs: number, reason: () => Error): void;
  /** What an error of the handler means to the caller: after a cut, that it was aborted is the cut's doing. */
  causeOf(error: unknown): unknown;
  /** Forgets the call. A handler that still streams is told to stop. */
  release(): void;
}

const shuttingDown = (): Error =>
  unavailable('SHUTTING_DOWN', 'this server is shutting down; try another', { retryDelayMs: 100 });

/** How long a stream may last before its connection would be cut beneath it: at most a fifth less than the longest. */
export const streamAgeMs = (longestStreamMs: number): number =>
  Math.floor(longestStreamMs - jitteredMs(longestStreamMs / 5));

const streamTooOld = (): Error =>
  unavailable(
    'STREAM_AGE',
    'this stream has lasted long enough for its connection; begin another where it ended',
    { retryDelayMs: 10 },
  );

/**
 * Bounds unary calls by their deadlines, and streams by `longestStreamMs`, each a little earlier, so that streams that began together
 * do not end together. grpc-js forgets its sessions when channelz is off, so its forceShutdown closes nothing: calls that outlast the grace are
 * ended here, by their own promise, and the connections then close in order.
 */
export function createCallBounds(longestStreamMs: number): CallBounds {
  const underWay = new Set<(reason: Error) => void>();
  let isCut = false;

  function bind(call: CallKind, context: CallContext): BoundCall {
    if (isCut) throw shuttingDown();
    const leftMs = rawDeadline(context).getTime() - Date.now();
    if (leftMs <= 0) throw deadlineExceeded();
    const aborting = new AbortController();
    let ended: Error | undefined;
    let rejectStep: ((reason: Error) => void) | undefined;
    const abort = (): void => aborting.abort();
    const end = (reason: Error): void => {
      ended ??= reason;
      rejectStep?.(ended);
      abort();
    };
    context.signal.addEventListener('abort', abort, { once: true });
    underWay.add(end);
    const isUnary = !call.requestStream && !call.responseStream;
    const timer = isUnary
      ? setTimeout(() => end(deadlineExceeded()), leftMs)
      : setTimeout(() => end(streamTooOld()), streamAgeMs(longestStreamMs)).unref();
    let expiry: NodeJS.Timeout | undefined;
    return {
      signal: aborting.signal,
      next(step) {
        return new Promise((resolve, reject) => {
          if (ended) reject(ended);
          rejectStep = reject;
          step.then(resolve, reject);
        });
      },
      endStreamAt(atMs, reason) {
        const inMs = atMs - Date.now();
        // A stream ends by its age before a later time comes.
        if (isUnary || inMs > longestStreamMs) return;
        expiry = setTimeout(() => end(reason()), Math.max(0, inMs)).unref();
      },
      causeOf: (error) => (isCut && isAbortError(error) ? shuttingDown() : error),
      release() {
        clearTimeout(timer);
        clearTimeout(expiry);
        underWay.delete(end);
        context.signal.removeEventListener('abort', abort);
        if (!isUnary) abort();
      },
    };
  }

  return {
    bind,
    cut() {
      isCut = true;
      for (const end of underWay) end(shuttingDown());
    },
  };
}
