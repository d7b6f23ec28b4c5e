import type { Refusal, RefusalKind } from '@meridian/kernel';
import { Status } from 'nice-grpc';
import {
  BadRequest,
  ErrorInfo,
  PreconditionFailure,
  RetryInfo,
  RichServerError,
  type ErrorDetails,
} from 'nice-grpc-error-details';

/** The domain of every ErrorInfo of this system. */
export const ERROR_DOMAIN = 'meridian';

/** A field of a request that breaks its rule, as google.rpc.BadRequest has it. */
export interface FieldViolation {
  /** The path in proto names, such as `lines[0].quantity`; empty for the request as a whole. */
  readonly field: string;
  /** What the rule is, in words. */
  readonly description: string;
}

const STATUS_OF_KIND: Readonly<Record<RefusalKind, Status>> = {
  'not-found': Status.NOT_FOUND,
  'already-exists': Status.ALREADY_EXISTS,
  'failed-precondition': Status.FAILED_PRECONDITION,
  'version-mismatch': Status.ABORTED,
};

const MAX_VIOLATIONS_TOLD = 100;
const MAX_SPELLED_OUT = 5;
const MAX_MESSAGE_LENGTH = 1_000;

function withReason(
  status: Status,
  reason: string,
  message: string,
  more: { metadata?: Readonly<Record<string, string>>; details?: readonly ErrorDetails[] } = {},
): RichServerError {
  const info = ErrorInfo.fromPartial({ reason, domain: ERROR_DOMAIN, metadata: { ...more.metadata } });
  // A cut through a pair of surrogates leaves one that grpc-js cannot send: that would end the process.
  const told = message.slice(0, MAX_MESSAGE_LENGTH).toWellFormed();
  return new RichServerError(status, told, [info, ...(more.details ?? [])]);
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
 * mismatch), with the refusal's code as ErrorInfo.reason and its violations, if any, as a PreconditionFailure. The message
 * spells out the first of them.
 */
export function refusalError(refusal: Refusal): RichServerError {
  const violations = refusal.violations.slice(0, MAX_VIOLATIONS_TOLD);
  const details = violations.length > 0 ? [PreconditionFailure.fromPartial({ violations })] : [];
  return withReason(STATUS_OF_KIND[refusal.kind], refusal.code, spelledOut(refusal), { details });
}

/** INVALID_ARGUMENT, reason INVALID_ARGUMENT: a BadRequest that names every field that breaks its rule (100 at most). */
export function invalidArgument(violations: readonly FieldViolation[]): RichServerError {
  const told = violations.slice(0, MAX_VIOLATIONS_TOLD);
  const summary = told
    .slice(0, MAX_SPELLED_OUT)
    .map(({ field, description }) => (field ? `${field}: ${description}` : description))
    .join('; ');
  return withReason(Status.INVALID_ARGUMENT, 'INVALID_ARGUMENT', summary || 'the request is not valid', {
    details: [BadRequest.fromPartial({ fieldViolations: told })],
  });
}

/** NOT_FOUND with a stable reason. */
export function notFound(reason: string, message: string): RichServerError {
  return withReason(Status.NOT_FOUND, reason, message);
}

/** UNAVAILABLE with a stable reason: nothing is known to be wrong with the request; with RetryInfo when a delay is given. */
export function unavailable(
  reason: string,
  message: string,
  more: { readonly retryDelayMs?: number; readonly metadata?: Readonly<Record<string, string>> } = {},
): RichServerError {
  const details = more.retryDelayMs === undefined ? [] : [retryAfter(more.retryDelayMs)];
  return withReason(Status.UNAVAILABLE, reason, message, { metadata: more.metadata, details });
}

/** RESOURCE_EXHAUSTED with a stable reason and when to try again: a bound was passed and nothing was done. */
export function resourceExhausted(reason: string, message: string, retryDelayMs: number): RichServerError {
  return withReason(Status.RESOURCE_EXHAUSTED, reason, message, { details: [retryAfter(retryDelayMs)] });
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
 * `region` and, by partition (`orders/3`), `required=120 applied=100`.
 */
export function regionBehind(behind: {
  readonly region: string;
  readonly missing: readonly MissingPosition[];
}): RichServerError {
  const { region, missing } = behind;
  const metadata: Record<string, string> = { region };
  for (const { partitionKey, required, applied } of missing)
    metadata[partitionKey] = `required=${required} applied=${applied}`;
  const partitions = missing.map(({ partitionKey }) => partitionKey).join(', ');
  return withReason(
    Status.UNAVAILABLE,
    'REGION_BEHIND',
    `region ${region} has not yet applied what the token names in ${partitions}; ask again with more time`,
    { metadata, details: [retryAfter(1_000)] },
  );
}

/** INTERNAL, reason INTERNAL: what is told of an error that nobody foresaw. The trace id finds it in the log. */
export function internalError(traceId: string): RichServerError {
  return withReason(Status.INTERNAL, 'INTERNAL', 'internal error', {
    metadata: traceId ? { trace_id: traceId } : {},
  });
}
