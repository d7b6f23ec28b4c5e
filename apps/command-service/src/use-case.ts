import type { Refusal } from '@meridian/kernel';
import type { AggregateRef, CommandDecision, WorkingCopy } from '@meridian/write-store';

/** An answer that says nothing beside its receipt, in binary. */
export const RECEIPT_ONLY: Uint8Array = new Uint8Array();

/**
 * What was looked up before the transaction does not fit what the transaction sees: it may have come into being meanwhile. The command
 * is prepared again, and refused when that does not help.
 */
export class PrepareAgainError extends Error {
  override readonly name = 'PrepareAgainError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** A request, made ready for a transaction. */
export interface Prepared {
  /** Every aggregate that deciding reads or changes, and every row that a foreign key of those touches. */
  readonly locks: readonly AggregateRef[];
  /** Every goods receipt that deciding claims. */
  readonly receiptIds?: readonly string[];
  /**
   * Pure but for the copy: it runs again when the transaction is rolled back. The `answer` of what it decides is the message of
   * the answer without its receipt, in binary.
   */
  decide(copy: WorkingCopy): CommandDecision;
}

/** One command of the contract: what it locks, and how it is decided. */
export interface UseCase<Request extends { readonly requestId: string }, Answer> {
  readonly name: string;
  readonly request: { encode(message: Request): { finish(): Uint8Array } };
  readonly answer: { decode(bytes: Uint8Array): Answer };
  /** May look things up that never change; must not change anything. */
  prepare(request: Request): Prepared | Promise<Prepared>;
}

/** A field that the request's rule demands: it is there, or the rules were not applied. */
export function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a required field is missing: the request was not validated');
  return value;
}
