import type { Refusal, RefusalKind } from '@meridian/kernel';
import { Status } from 'nice-grpc';
import { BadRequest, PreconditionFailure, RetryInfo, RichServerError } from 'nice-grpc-error-details';
import { fittingContents, fittingMessage, type ErrorContents, type FieldViolation } from './error-bytes.ts';

export type { FieldViolation };

/** The domain of every ErrorInfo of this system. */
export const ERROR_DOMAIN = 'meridian';

const STATUS_OF_KIND: Readonly<Record<RefusalKind, Status>> = {
  'not-found': Status.NOT_FOUND,
  'already-exists': Status.ALREADY_EXISTS,
  'failed-precondition': Status.FAILED_PRECONDITION,
  'version-mismatch': Status.ABORTED,
};

const MAX_SPELLED_OUT = 5;

/** What an error carries besides its reason and its message. */
interface More extends Pick<ErrorContents, 'unmet' | 'fields'> {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly retry?: RetryInfo;
}

/** Makes every error of this system: it fits in a client's bound on metadata, whatever it names. */
function withReason(status: Status, reason: string, message: string, more: More = {}): RichServerError {
  const told = fittingMessage(message);
  const info = { reason, domain: ERROR_DOMAIN, metadata: more.metadata ?? {} };
  const { info: named, unmet, fields } = fittingContents(told, { ...more, info });
  return new RichServerError(status, told, [
    named,
    ...(unmet.length > 0 ? [PreconditionFailure.fromPartial({ violations: [...unmet] })] : []),
    ...(fields.length > 0 ? [BadRequest.fromPartial({ fieldViolations: [...fields] })] : []),
    ...(more.retry ? [more.retry] : []),
  ]);
}

function retryAfter(delayMs: number): RetryInfo {
  const seconds = Math.floor(delayMs / 1_000);
  return RetryInfo.fromPartial({
    retryDelay: { seconds, nanos: Math.round((delayMs - seconds * 1_000) * 1e6) },
  });
}

/** A message that a person can act on without decoding details: tools such as `buf curl` show those as bytes. */
function spelledOut({ message, violations }: Refusal): string {
  const untold = violations.filter(({ description }) => !message.includes(description));
  const told = untold
    .slice(0, MAX_SPELLED_OUT)
    .map(({ subject, description }) => `${subject}: ${description}`);
  if (untold.length > told.length) told.push(`and ${untold.length - told.length} more`);
  return told.length > 0 ? `${message} (${told.join('; ')})` : message;
}

/**
 * The error that tells a caller of a rule's no: NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION or ABORTED (version
 * mismatch). The refusal's code is the ErrorInfo.reason. Violations, if any, become a PreconditionFailure: as many as
 * fit (100 at most). ErrorInfo.metadata says in `violations_total` how many there are. The message spells out the first
 * of them.
 */
export function refusalError(refusal: Refusal): RichServerError {
  return withReason(STATUS_OF_KIND[refusal.kind], refusal.code, spelledOut(refusal), {
    unmet: refusal.violations,
  });
}

/**
 * INVALID_ARGUMENT, reason INVALID_ARGUMENT: a BadRequest that names the fields that break their rules, in the request's order, as many as
 * fit (100 at most). ErrorInfo.metadata says in `violations_total` how many there are.
 */
export function invalidArgument(violations: readonly FieldViolation[]): RichServerError {
  const told = violations
    .slice(0, MAX_SPELLED_OUT)
    .map(({ field, description }) => (field ? `${field}: ${description}` : description));
  if (violations.length > told.length) told.push(`and ${violations.length - told.length} more`);
  return withReason(
    Status.INVALID_ARGUMENT,
    'INVALID_ARGUMENT',
    told.join('; ') || 'the request is not valid',
    { fields: violations },
  );
}

/** NOT_FOUND with a stable reason. */
export function notFound(reason: string, message: string): RichServerError {
  return withReason(Status.NOT_FOUND, reason, message);
}

/** UNAUTHENTICATED with a stable reason: nothing proves who calls. The message must not repeat what the caller sent. */
export function unauthenticated(reason: string, message: string): RichServerError {
  return withReason(Status.UNAUTHENTICATED, reason, message);
}

/** PERMISSION_DENIED with a stable reason: it is known who calls, and this caller may not do this. */
export function permissionDenied(
  reason: string,
  message: string,
  metadata: Readonly<Record<string, string>> = {},
): RichServerError {
  return withReason(Status.PERMISSION_DENIED, reason, message, { metadata });
}

/** UNAVAILABLE with a stable reason: nothing is known to be wrong with the request; with RetryInfo when a delay is given. */
export function unavailable(
  reason: string,
  message: string,
  more: { readonly retryDelayMs?: number; readonly metadata?: Readonly<Record<string, string>> } = {},
): RichServerError {
  const { metadata = {}, retryDelayMs } = more;
  const retry = retryDelayMs === undefined ? {} : { retry: retryAfter(retryDelayMs) };
  return withReason(Status.UNAVAILABLE, reason, message, { metadata, ...retry });
}

/** RESOURCE_EXHAUSTED with a stable reason and when to try again: a bound was passed and nothing was done. */
export function resourceExhausted(reason: string, message: string, retryDelayMs: number): RichServerError {
  return withReason(Status.RESOURCE_EXHAUSTED, reason, message, { retry: retryAfter(retryDelayMs) });
}

/** How far a region is behind what a token names, in one partition of one context. */
export interface MissingPosition {
  /** Such as `orders/3`. */
  readonly partitionKey: string;
  readonly required: bigint;
  readonly applied: bigint;
}

/**
 * UNAVAILABLE, reason REGION_BEHIND: the region has not applied what the caller's token names. ErrorInfo.metadata holds
 * `region` and, by partition (`orders/3`), `required=120 applied=100`. Where not all partitions fit, `entries_total` says how many
 * entries there were.
 */
export function regionBehind(behind: {
  readonly region: string;
  readonly missing: readonly MissingPosition[];
}): RichServerError {
  const { region, missing } = behind;
  const metadata: Record<string, string> = { region };
  for (const { partitionKey, required, applied } of missing)
    metadata[partitionKey] = `required=${required} applied=${applied}`;
  const keys = missing.map(({ partitionKey }) => partitionKey);
  const untold = keys.length - MAX_SPELLED_OUT;
  const partitions = keys.slice(0, MAX_SPELLED_OUT).join(', ') + (untold > 0 ? ` and ${untold} more` : '');
  return withReason(
    Status.UNAVAILABLE,
    'REGION_BEHIND',
    `region ${region} has not yet applied what the token names in ${partitions}; ask again, or with a longer deadline`,
    { metadata, retry: retryAfter(1_000) },
  );
}

/** INTERNAL, reason INTERNAL: what a caller is told of an unforeseen error. The log has the error under the trace id. */
export function internalError(traceId: string): RichServerError {
  return withReason(Status.INTERNAL, 'INTERNAL', 'internal error', {
    metadata: traceId ? { trace_id: traceId } : {},
  });
}

/**
 * INTERNAL, reason ANSWER_TOO_LARGE: an answer is larger than a message may be. ErrorInfo.metadata says `bytes` and `max_bytes`. It is the
 * server's fault, and the same question has the same answer: no client should repeat it.
 */
export function answerTooLarge(bytes: number, maxBytes: number): RichServerError {
  const message = `the answer has ${bytes} bytes, more than the ${maxBytes} of a message: ask for less at once, if the question can be narrowed`;
  const metadata = { bytes: String(bytes), max_bytes: String(maxBytes) };
  return withReason(Status.INTERNAL, 'ANSWER_TOO_LARGE', message, { metadata });
}
