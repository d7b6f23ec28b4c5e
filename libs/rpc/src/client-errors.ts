import { ClientError, Status } from 'nice-grpc';
import {
  RichClientError,
  type BadRequest,
  type ErrorInfo,
  type PreconditionFailure,
} from 'nice-grpc-error-details';
import type { FieldViolation } from './errors.ts';

/** What a failed call says, read from its google.rpc.Status. */
export interface CallFailure {
  /** The gRPC status by name, such as `FAILED_PRECONDITION`. */
  readonly status: string;
  readonly code: Status;
  /** The stable reason (ErrorInfo.reason), such as `INSUFFICIENT_STOCK`; empty when the server sent none. */
  readonly reason: string;
  readonly message: string;
  /** ErrorInfo.metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The conditions that were not met (PreconditionFailure). */
  readonly violations: readonly {
    readonly type: string;
    readonly subject: string;
    readonly description: string;
  }[];
  /** The fields that broke their rules (BadRequest). */
  readonly fieldViolations: readonly FieldViolation[];
}

/** Reads what a call's error says; undefined for anything that is no gRPC error (a bug, an AbortError). */
export function callFailure(error: unknown): CallFailure | undefined {
  if (!(error instanceof ClientError)) return undefined;
  const details = error instanceof RichClientError ? error.extra : [];
  const info = details.find((detail): detail is ErrorInfo => detail.$type === 'google.rpc.ErrorInfo');
  const unmet = details.find(
    (detail): detail is PreconditionFailure => detail.$type === 'google.rpc.PreconditionFailure',
  );
  const bad = details.find((detail): detail is BadRequest => detail.$type === 'google.rpc.BadRequest');
  return {
    status: Status[error.code],
    code: error.code,
    reason: info?.reason ?? '',
    message: error.details,
    metadata: info?.metadata ?? {},
    violations: (unmet?.violations ?? []).map(({ type, subject, description }) => ({
      type,
      subject,
      description,
    })),
    fieldViolations: (bad?.fieldViolations ?? []).map(({ field, description }) => ({ field, description })),
  };
}
