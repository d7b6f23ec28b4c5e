import type { AggregateType } from '@meridian/contracts';
import type { Refusal } from '@meridian/kernel';
import type { AggregateEvents, AggregateRef, AggregateStates, Versioned } from './aggregates.ts';
import type { Statement } from '../sql/statements.ts';

/** An event that a command recorded, before it has a position. */
export interface NewEvent {
  /** A UUIDv7, made anew whenever the command is decided: tells whose event the journal holds. */
  readonly eventId: string;
  readonly aggregateType: AggregateType;
  readonly aggregateId: string;
  readonly version: bigint;
  readonly type: string;
  readonly payload: Uint8Array;
}

/** What a command sees and changes while it is decided. A refused command's changes are undone. */
export interface WorkingCopy {
  /** State and version as the commands before it in the group left them. Throws when it is not among the command's locks. */
  read<T extends AggregateType>(type: T, id: string): Versioned<AggregateStates[T]>;
  /** Adds events to an aggregate, evolves it, and answers with its new version. Throws when they cannot follow. */
  record<T extends AggregateType>(type: T, id: string, events: readonly AggregateEvents[T][]): bigint;
  /** Books a goods receipt; false when it was booked before. Throws when it is not among the command's receiptIds. */
  claimReceipt(receiptId: string, productId: string): boolean;
}

/** What deciding a command gives. An accepted one must have recorded at least one event. */
export type CommandDecision =
  | {
      readonly accepted: true;
      readonly aggregateId: string;
      readonly version: bigint;
      /** What else the caller is told; stored as it is for a repeat. */
      readonly answer: Uint8Array;
      /** What else the transaction writes when it is committed, outside of the tables of aggregates. Draws no AUTO_INCREMENT. */
      readonly alongside?: readonly Statement[];
    }
  | { readonly accepted: false; readonly refusal: Refusal };

/** One command, ready for a transaction. */
export interface Command {
  /** A UUID that the caller made once. */
  readonly requestId: string;
  /** For logs and the command log, such as `PlaceOrder`. */
  readonly name: string;
  /** Keyed hash of the content, 32 bytes: tells a repeat from a reuse of the request id. */
  readonly fingerprint: Uint8Array;
  /** The same by keys that came before: a repeat of what was accepted under one of them is a repeat. */
  readonly olderFingerprints?: readonly Uint8Array[];
  /** Who asks; no personal data. */
  readonly actor: string;
  /** W3C trace context of the caller; empty when not traced. */
  readonly traceparent: string;
  /** Every aggregate it may read or change, and every row that its foreign keys touch. */
  readonly locks: readonly AggregateRef[];
  /** Every goods receipt it may claim. */
  readonly receiptIds?: readonly string[];
  /** Bytes of its content, for the bound of a group; what its locks and events take is guessed on top. */
  readonly sizeBytes?: number;
  /** Refuses an event that must not be recorded, such as one that is too large to be published; none is when left out. */
  readonly refusalOf?: ((event: NewEvent) => Refusal | undefined) | undefined;
  /** Decides on the working copy alone. Runs again after a rollback, so it must be pure but for the copy. */
  decide(copy: WorkingCopy): CommandDecision;
}
