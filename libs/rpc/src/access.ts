import { ServerError, Status, type CallContext } from 'nice-grpc-common';
import { notFound } from './errors.ts';

/** What a call brings to prove who its caller is. */
export interface Credentials {
  /** The values of the metadata key `authorization`. */
  readonly authorization: readonly (string | Uint8Array)[];
  /** The name in the client's certificate, which one of the server's authorities has signed. */
  readonly certificate: string | undefined;
}

/** The caller of a call, proven. */
export interface Caller {
  /** Tells callers apart, for the bounds of each. */
  readonly id: string;
  /** The caller's name for the journal; no personal data. */
  readonly actor: string;
  readonly roles: readonly string[];
  /** Whose own data a customer may work with. */
  readonly customerId?: string | undefined;
  /** When the token or certificate that proved the caller expires. A stream ends then. */
  readonly expiresAtMs?: number | undefined;
}

/** The bound of a call to one customer's own data. */
export interface OwnData {
  readonly customerId: string;
  /** The reason and message of NOT_FOUND: the same for data that is not the customer's own and for data that does not exist. */
  readonly hidden?: { readonly reason: string; readonly message: string };
  /** Whether an answer may be sent. When left out, every answer may be. */
  isOwn?(answer: unknown): boolean;
}

/** Finds out who calls, and what callers may do. Its errors are sent to callers as they are. */
export interface AccessControl {
  /** Throws UNAUTHENTICATED when nothing proves who calls. */
  identify(credentials: Credentials): Caller | Promise<Caller>;
  /** Throws PERMISSION_DENIED when this caller may not make this call. Gives the bound of a caller that may work with own data only. */
  permit(path: string, caller: Caller, request: unknown): OwnData | undefined;
}

/** A caller at work: what handlers may ask of it. */
export interface Admitted {
  readonly caller: Caller;
  /** Set when the call may touch the data of this customer only. */
  readonly own?: OwnData | undefined;
}

const AUTHORIZATION = 'authorization';
/** Set by the server's own interceptor, whatever a caller may have put there. */
export const CERTIFICATE_KEY = 'meridian-internal-certificate';

/** What a call brings to prove who makes it. */
export function credentialsOf({ metadata }: Pick<CallContext, 'metadata'>): Credentials {
  const certificate = metadata.get(CERTIFICATE_KEY);
  return {
    authorization: metadata.getAll(AUTHORIZATION),
    certificate: typeof certificate === 'string' ? certificate : undefined,
  };
}

/** Throws what hides an answer, unless it may be sent. */
export function hideFromOthers({ own }: Admitted, answer: unknown): void {
  if (own?.isOwn && !own.isOwn(answer)) throw hiddenError(own);
}

/**
 * What a caller is told of an error, when the call was bound to own data. "Not found" is told in the words that hide
 * what is somebody else's, so that nobody can tell the two apart.
 */
export function hiding({ own }: Admitted, error: unknown): unknown {
  const isNotFound = error instanceof ServerError && error.code === Status.NOT_FOUND;
  return own?.hidden && isNotFound ? hiddenError(own) : error;
}

function hiddenError({ hidden }: OwnData): Error {
  const { reason = 'NOT_FOUND', message = 'you have no such data' } = hidden ?? {};
  return notFound(reason, message);
}
