import type { AggregateType, DomainEvent, Positions } from '@meridian/contracts';
import type { Refusal } from '@meridian/kernel';
import type { AggregateRef, AggregateStates, Versioned } from './aggregates.ts';
import type { RowKey } from '../commit/held-rows.ts';
import type { RecordedEvent } from '../state/working-copy.ts';
import type { Statement } from '../sql/script.ts';

/** What a command sees and changes while it is decided. A refused command's changes are undone. */
export interface WorkingCopy {
  /** State and version as the commands before it in the group left them. Throws when it is not among the command's locks. */
  read<T extends AggregateType>(type: T, id: string): Versioned<AggregateStates[T]>;
  /** Adds events to an aggregate, evolves it, and answers with its new version. Throws when they cannot follow. */
  record(type: AggregateType, id: string, events: readonly DomainEvent[]): bigint;
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
  readonly refusalOf?: ((event: RecordedEvent) => Refusal | undefined) | undefined;
  /** Decides on the working copy alone. Runs again after a rollback, so it must be pure but for the copy. */
  decide(copy: WorkingCopy): CommandDecision;
}

/** How a command ended; known only after the commit it depends on. */
export type CommandResult =
  | {
      readonly kind: 'accepted';
      readonly aggregateId: string;
      readonly version: bigint;
      /** The newest position of its events in every partition: its consistency token. */
      readonly positions: Positions;
      readonly answer: Uint8Array;
      /** Whether it had been accepted before, and this is the same answer again. */
      readonly replayed: boolean;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The request id was used before, with other content. */
  | { readonly kind: 'conflict' };

/**
 * The command was set aside: others hold rows that it needs. It changed nothing and may be executed again. `error` is what its
 * caller is to be told if it is not.
 */
export interface HeldOutcome {
  readonly kind: 'held';
  readonly rows: readonly RowKey[];
  readonly error: unknown;
}

/** How a command of a group ended, or the error that was its own: it changed nothing and harmed no other. */
export type CommandOutcome = CommandResult | { readonly kind: 'failed'; readonly error: unknown };
