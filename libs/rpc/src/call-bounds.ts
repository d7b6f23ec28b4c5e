import type { CallContext, ServerMiddleware, ServerMiddlewareCall } from 'nice-grpc-common';
import { deadlineExceeded, rawDeadline } from './deadline.ts';
import { unavailable } from './errors.ts';
import { createEnding } from './ending.ts';
import { isAbortError, type Answers } from './middleware.ts';

/** The bounds in time of all calls of a server. */
export interface CallBounds {
  /** Ends a unary call at its deadline and any call when it is cut, whether or not the handler heeds its signal. */
  readonly middleware: ServerMiddleware;
  /** Ends every call under way, and every later one, with UNAVAILABLE, reason SHUTTING_DOWN. */
  cut(): void;
}

const shuttingDown = (): Error =>
  unavailable('SHUTTING_DOWN', 'this server is shutting down; try another', { retryDelayMs: 100 });

/**
 * grpc-js forgets its sessions when channelz is off, so its forceShutdown closes nothing: calls that outlast the grace are
 * ended here, by their own promise, and the connections then close in order.
 */
export function createCallBounds(): CallBounds {
  const underWay = new Set<(cause: Error) => void>();
  let isCut = false;

  async function* middleware<Request, Response>(
    call: ServerMiddlewareCall<Request, Response>,
    context: CallContext,
  ): Answers<Response> {
    if (isCut) throw shuttingDown();
    const aborting = new AbortController();
    const abort = (): void => aborting.abort();
    const ending = createEnding();
    const end = (cause: Error): void => {
      ending.end(cause);
      abort();
    };
    context.signal.addEventListener('abort', abort, { once: true });
    underWay.add(end);
    const isUnary = !call.requestStream && !call.responseStream;
    const leftMs = Math.max(0, rawDeadline(context).getTime() - Date.now());
    const timer = isUnary ? setTimeout(() => end(deadlineExceeded()), leftMs) : undefined;
    const answers: Answers<Response> = call.next(call.request, { ...context, signal: aborting.signal });
    try {
      while (true) {
        const step = await ending.next(answers.next());
        if (step.done) return step.value;
        yield step.value;
      }
    } catch (error) {
      throw isCut && isAbortError(error) ? shuttingDown() : error;
    } finally {
      clearTimeout(timer);
      underWay.delete(end);
      context.signal.removeEventListener('abort', abort);
      if (!isUnary) {
        abort();
        // Not awaited: a stream that does not heed its signal may never come to it.
        answers.return(undefined).catch(() => undefined);
      }
    }
  }

  return {
    middleware,
    cut() {
      isCut = true;
      for (const end of underWay) end(shuttingDown());
    },
  };
}
