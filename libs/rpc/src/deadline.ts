import type { ServerInterceptor } from '@grpc/grpc-js';
import { ServerError, Status, type CallContext } from 'nice-grpc';
import { PassingCall } from './passing-call.ts';

/** How long a call may take when its caller names no deadline. */
export const DEFAULT_DEADLINE_MS = 5_000;

const DEADLINE_KEY = 'meridian-internal-deadline';

/**
 * Writes a call's deadline into its metadata, where the server can read it: nice-grpc does not pass the deadline on. What a
 * caller has put there is overwritten.
 */
export function deadlineNotes(defaultDeadlineMs: number): ServerInterceptor {
  return (_method, call) =>
    new PassingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, deliver) {
            const deadline = Number(call.getDeadline());
            const atMs = Number.isFinite(deadline) ? deadline : Date.now() + defaultDeadlineMs;
            metadata.set(DEADLINE_KEY, String(Math.floor(atMs)));
            deliver(metadata);
          },
        });
      },
    });
}

/** When a call ends, whatever its handler does: at the caller's deadline, or at the server's default. */
export function rawDeadline(context: Pick<CallContext, 'metadata'>): Date {
  const noted = Number(context.metadata.get(DEADLINE_KEY));
  return new Date(noted > 0 ? noted : Date.now() + DEFAULT_DEADLINE_MS);
}

/** The error for a caller whose deadline has passed. */
export function deadlineExceeded(): ServerError {
  return new ServerError(Status.DEADLINE_EXCEEDED, 'the deadline passed before there was an answer');
}
