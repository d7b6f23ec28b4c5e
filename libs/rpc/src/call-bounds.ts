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
   * Binds a call. Throws UNAVAILABLE, reason SHUTTING_DOWN, once the server has cut its calls. Throws DEADLINE_EXCEEDED
   * when the call's deadline has passed: nobody would read the handler's answer.
   */
  bind(call: CallKind, context: CallContext): BoundCall;
  /** Ends every call under way, and every later one, with UNAVAILABLE, reason SHUTTING_DOWN. */
  cut(): void;
}

/**
 * One call. It ends at its deadline, or when its stream is too old, or when it is cut. It ends even if its
 * handler ignores the signal.
 */
export interface BoundCall {
  /** Tells the handler that nobody waits any more. */
  readonly signal: AbortSignal;
  /** By when a handler that begins now should answer: a little before the call's deadline. */
  answerBy(): Date;
  /**
   * What a step of the handler gives, or the reason why the call was ended before. Promise.race would do the same. But each
   * step would leave a callback at a promise that lives as long as the call. A stream may take a great many steps.
   */
  next<T>(step: Promise<T>): Promise<T>;
  /** The same without a promise: calls one of both functions, once. */
  settle<T>(step: Promise<T>, give: (value: T) => void, fail: (error: unknown) => void): void;
  /** Ends a stream at this time with this reason. A unary call has its deadline and is left alone. */
  endStreamAt(atMs: number, reason: () => Error): void;
  /** What an error of the handler means to the caller. After a cut, an abort means SHUTTING_DOWN: the cut has caused it. */
  causeOf(error: unknown): unknown;
  /** Forgets the call. A handler that still streams is told to stop. */
  release(): void;
}

/** How much earlier a handler should answer: a share of the time left, and so much at most. */
const ALLOWANCE = { share: 0.1, mostMs: 100 };

const shuttingDown = (): Error =>
  unavailable('SHUTTING_DOWN', 'this server is stopping; try another replica', { retryDelayMs: 100 });

/** How long a stream lasts: up to a fifth less than the longest time, so that it ends before its connection is closed. */
export const streamAgeMs = (longestStreamMs: number): number =>
  Math.floor(longestStreamMs - jitteredMs(longestStreamMs / 5));

const streamTooOld = (): Error =>
  unavailable('STREAM_AGE', 'this stream has reached its longest time; open a new one where this one ended', {
    retryDelayMs: 10,
  });

/**
 * Bounds unary calls by their deadlines, and streams by `longestStreamMs`. Each stream ends a little earlier, by a
 * different time, so that streams that began together do not end together.
 *
 * The library grpc-js forgets its sessions when channelz is off, so its forceShutdown closes nothing. Calls that
 * outlast the grace are ended here, by their own promise. The connections then close in order.
 */
export function createCallBounds(longestStreamMs: number): CallBounds {
  const underWay = new Set<(reason: Error) => void>();
  let isCut = false;

  function bind(call: CallKind, context: CallContext): BoundCall {
    if (isCut) throw shuttingDown();
    const endsAtMs = rawDeadline(context).getTime();
    const leftMs = endsAtMs - Date.now();
    if (leftMs <= 0) throw deadlineExceeded();
    const aborting = new AbortController();
    let ended: Error | undefined;
    let failStep: ((reason: unknown) => void) | undefined;
    const abort = (): void => aborting.abort();
    const end = (reason: Error): void => {
      ended ??= reason;
      failStep?.(ended);
      abort();
    };
    context.signal.addEventListener('abort', abort, { once: true });
    underWay.add(end);
    const isUnary = !call.requestStream && !call.responseStream;
    const timer = isUnary
      ? setTimeout(() => end(deadlineExceeded()), leftMs)
      : setTimeout(() => end(streamTooOld()), streamAgeMs(longestStreamMs)).unref();
    let expiry: NodeJS.Timeout | undefined;
    function settle<T>(step: Promise<T>, give: (value: T) => void, fail: (error: unknown) => void): void {
      let isSettled = false;
      const failOnce = (reason: unknown): void => {
        if (!isSettled) fail(reason);
        isSettled = true;
      };
      failStep = failOnce;
      step.then((value) => {
        if (!isSettled) give(value);
        isSettled = true;
      }, failOnce);
      if (ended) failOnce(ended);
    }
    return {
      signal: aborting.signal,
      answerBy() {
        const stillLeftMs = Math.max(0, endsAtMs - Date.now());
        return new Date(endsAtMs - Math.min(ALLOWANCE.mostMs, stillLeftMs * ALLOWANCE.share));
      },
      next: (step) => new Promise((resolve, reject) => settle(step, resolve, reject)),
      settle,
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
