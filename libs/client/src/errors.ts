import type { Violation } from '@meridian/kernel';
import { callFailure, Status, type CallFailure, type FieldViolation } from '@meridian/rpc';

export type { CallFailure, FieldViolation };

/**
 * Everything in a failed call's answer: status, reason, message and details. Undefined for an error that is no answer
 * of a server.
 */
export function failureOf(error: unknown): CallFailure | undefined {
  return callFailure(error);
}

/** The refusal of a rule, as a client reads it. The command changed nothing, or the question found nothing. */
export interface RefusalAnswer {
  /** The stable reason, such as `INSUFFICIENT_STOCK`. */
  readonly reason: string;
  /** The refusal in words, for a person. */
  readonly message: string;
  /** NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION or ABORTED. */
  readonly status: string;
  /** The conditions that were not met, such as every product that is short, and by how much. */
  readonly violations: readonly Violation[];
}

const REFUSALS: ReadonlySet<Status> = new Set([
  Status.NOT_FOUND,
  Status.ALREADY_EXISTS,
  Status.FAILED_PRECONDITION,
  Status.ABORTED,
]);

/** The refusal that an error carries; undefined for any other error. */
export function refusalOf(error: unknown): RefusalAnswer | undefined {
  const failure = callFailure(error);
  if (!failure?.reason || !REFUSALS.has(failure.code)) return undefined;
  const { reason, message, status, violations } = failure;
  return { reason, message, status, violations };
}

/**
 * Whether a call failed because a rule refused it. The same call gives the same refusal until something else changes.
 */
export function isRefusal(error: unknown): boolean {
  return refusalOf(error) !== undefined;
}

/** The fields that broke their rules, by path in proto names (`lines[0].quantity`); empty for any other error. */
export function fieldViolationsOf(error: unknown): readonly FieldViolation[] {
  return callFailure(error)?.fieldViolations ?? [];
}

/** How far a region is behind a question's token. */
export interface RegionLag {
  readonly region: string;
  readonly missing: readonly {
    readonly partitionKey: string;
    readonly required: bigint;
    readonly applied: bigint;
  }[];
}

const POSITIONS = /^required=(\d+) applied=(\d+)$/;

/** How far the region that could not answer in time is behind; undefined for any other error. */
export function regionBehindOf(error: unknown): RegionLag | undefined {
  const failure = callFailure(error);
  if (failure?.reason !== 'REGION_BEHIND') return undefined;
  const missing = Object.entries(failure.metadata).flatMap(([partitionKey, value]) => {
    const [, required, applied] = POSITIONS.exec(value) ?? [];
    return required && applied
      ? [{ partitionKey, required: BigInt(required), applied: BigInt(applied) }]
      : [];
  });
  return { region: failure.metadata['region'] ?? '', missing };
}

/** Whether a question failed because its region had not applied the token by the deadline. */
export function isRegionBehind(error: unknown): boolean {
  return regionBehindOf(error) !== undefined;
}
