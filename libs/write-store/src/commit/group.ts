import type { EventEnvelope } from '@meridian/contracts';
import type { Refusal } from '@meridian/kernel';
import type { Claims } from '../command-log/claim-requests.ts';
import type { Command } from '../command/command.ts';
import type { Statement } from '../sql/statements.ts';
import type { LockedState } from '../state/state-tables.ts';

/** A group whose transaction has begun: what was claimed and locked, and for which of its commands. */
export interface BegunGroup {
  readonly commands: readonly Command[];
  readonly claims: Claims;
  readonly locked: LockedState;
}

/** An event that waits for its commit: its envelope without position and time, which only the commit gives. */
export type PendingEvent = Omit<EventEnvelope, 'position' | 'time' | 'actor'> & { readonly actor: string };

/** An accepted command whose events have no position yet. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly command: Command;
  readonly aggregateId: string;
  readonly version: bigint;
  readonly answer: Uint8Array;
  readonly events: readonly PendingEvent[];
  /** How many events of the group come before those of this command. */
  readonly eventsBefore: number;
  /** What else the transaction writes. */
  readonly alongside: readonly Statement[];
}

/** What was decided of one command, before the commit. */
export type Decided =
  | Accepted
  /** The same command came before in this group. */
  | { readonly kind: 'repeat'; readonly of: Accepted }
  /** The same command was committed before this group. */
  | { readonly kind: 'replay'; readonly requestId: string }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A whole group, decided in memory. */
export interface DecidedGroup {
  /** In the order of the commands. */
  readonly decided: readonly Decided[];
  readonly accepted: readonly Accepted[];
  /** The events of all that were accepted, in the order in which they get their positions. */
  readonly events: readonly PendingEvent[];
  /** What changed, over what was locked. */
  readonly changed: LockedState;
}
