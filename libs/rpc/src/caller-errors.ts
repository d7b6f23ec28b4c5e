import type { Log } from '@meridian/kernel';
import { trace } from '@opentelemetry/api';
import { ServerError, type CallContext } from 'nice-grpc-common';
import { RichServerError } from 'nice-grpc-error-details';
import { AnswerTooLargeError, MAX_MESSAGE_BYTES } from './answer-bytes.ts';
import { deadlineExceeded, rawDeadline } from './deadline.ts';
import { withFittingMessage } from './error-bytes.ts';
import { answerTooLarge, internalError } from './errors.ts';

export type { Log };

/** Whether an error says that someone gave up, and not that something broke. */
export function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/**
 * What a caller is told of an error. An error that is meant for callers is passed on as it is. Any other error is
 * logged, and the caller reads INTERNAL. For an answer that is too large, INTERNAL has a reason of its own. For the
 * rest, it tells nothing of the cause.
 */
export function toldToCaller(
  error: unknown,
  {
    path,
    context,
    log,
  }: { readonly path: string; readonly context: CallContext; readonly log: Log | undefined },
): unknown {
  // Errors that errors.ts made fit already. Other errors have only a message.
  if (error instanceof RichServerError) return error;
  if (error instanceof ServerError) return withFittingMessage(error);
  if (isAbortError(error) && context.signal.aborted)
    return Date.now() >= rawDeadline(context).getTime() ? deadlineExceeded() : error;
  if (error instanceof AnswerTooLargeError) {
    const { bytes } = error;
    log?.error({ path, bytes, maxBytes: MAX_MESSAGE_BYTES }, 'an answer is larger than a message may be');
    return answerTooLarge(bytes, MAX_MESSAGE_BYTES);
  }
  log?.error({ err: error, path }, 'a call failed unexpectedly');
  return internalError(trace.getActiveSpan()?.spanContext().traceId ?? '');
}
