import type { ServerInterceptor } from '@grpc/grpc-js';
import { ServerError, Status, type CallContext } from 'nice-grpc';
import { PassingCall } from './passing-call.ts';

/** How long a call may take when its caller names no deadline. */
export const DEFAULT_DEADLINE_MS = 5_000;

const DEADLINE_KEY = 'meridian-internal-deadline';
const ALLOWANCE_SHARE = 0.1;
const MAX_ALLOWANCE_MS = 100;

/**
 * Writes a call's deadline into its metadata, where handlers can read it: nice-grpc does not pass the deadline on. What a
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

/**
 * By when a handler should answer: a little before the call's deadline. The difference is a tenth of the time left,
 * and 100 ms at most. So a typed answer such as REGION_BEHIND still reaches the caller. Ask once, at the start of
 * the handler.
 */
export function callDeadline(context: Pick<CallContext, 'metadata'>): Date {
  const endMs = rawDeadline(context).getTime();
  const leftMs = Math.max(0, endMs - Date.now());
  return new Date(endMs - Math.min(MAX_ALLOWANCE_MS, leftMs * ALLOWANCE_SHARE));
}

/** The error for a caller whose deadline has passed. */
export function deadlineExceeded(): ServerError {
  return new ServerError(Status.DEADLINE_EXCEEDED, 'the deadline passed before there was an answer');
}
