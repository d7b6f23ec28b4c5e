import type { CallContext, ServerMiddlewareCall } from 'nice-grpc-common';
import { credentialsOf, type AccessControl, type Admitted, type Caller } from './access.ts';
import type { BoundCall } from './call-bounds.ts';
import type { EnterCaller } from './caller-limit.ts';
import { unauthenticated } from './errors.ts';
import type { Log } from './caller-errors.ts';
import { RichServerError } from 'nice-grpc-error-details';
import { Status } from 'nice-grpc-common';

/** Is told of every call that was refused because of its caller: the path and the reason, never what the caller sent. */
export type OnRefused = (path: string, reason: string) => void;

/** What stands at the door of a closed server. */
export interface Door {
  readonly access: AccessControl;
  readonly enterCaller: EnterCaller;
  readonly onRefused: OnRefused;
}

/** A call that came in. */
export interface Entered {
  readonly admitted: Admitted;
  /** Frees its place among the calls of its caller. */
  leave(): void;
}

const streamTokenExpired = (): Error =>
  unauthenticated(
    'STREAM_TOKEN_EXPIRED',
    'the token of this stream has expired: begin another stream where it ended, with a new token',
  );

/**
 * Lets a call in, or throws why not: UNAUTHENTICATED, PERMISSION_DENIED or RESOURCE_EXHAUSTED. `checked` gives the
 * request as its handler gets it, or throws what is wrong with it. Whether the caller may call the method at all is
 * checked before that, so that strangers learn nothing of rules. Whether the data is the caller's own is checked on the
 * request in the form that the handler gets.
 */
export async function admit<Request, Response>(
  { access, enterCaller }: Door,
  call: ServerMiddlewareCall<Request, Response>,
  context: CallContext,
  bound: BoundCall,
  checked: () => unknown,
): Promise<Entered> {
  const { path } = call.method;
  const caller: Caller = await bound.next(Promise.resolve(access.identify(credentialsOf(context))));
  const asked = call.requestStream ? undefined : call.request;
  access.permit(path, caller, asked);
  const own = access.permit(path, caller, checked());
  const leave = enterCaller(caller.id, call.requestStream || call.responseStream);
  if (caller.expiresAtMs !== undefined) bound.endStreamAt(caller.expiresAtMs, streamTokenExpired);
  return { admitted: { caller, own }, leave };
}

const REFUSED: ReadonlySet<Status> = new Set([Status.UNAUTHENTICATED, Status.PERMISSION_DENIED]);
const QUIET_MS = 1_000;

/**
 * Reports refused calls. It counts every one, and logs at most one line per second. A line says how many calls were refused
 * since the line before, and repeats nothing that a caller sent.
 */
export function tellRefused(count: (path: string, reason: string) => void, log: Log | undefined): OnRefused {
  let quietUntilMs = 0;
  let untold = 0;
  return (path, reason) => {
    count(path, reason);
    if (Date.now() < quietUntilMs) {
      untold += 1;
      return;
    }
    log?.warn({ event: 'refused', path, reason, untold }, 'a call was refused because of who made it');
    quietUntilMs = Date.now() + QUIET_MS;
    untold = 0;
  };
}

/** The reason of an error that refuses a call because of its caller; undefined for any other error. */
export function refusedReason(error: unknown): string | undefined {
  if (!(error instanceof RichServerError) || !REFUSED.has(error.code)) return undefined;
  const info = error.extra.find((detail) => detail.$type === 'google.rpc.ErrorInfo');
  return info && 'reason' in info ? info.reason : Status[error.code];
}
