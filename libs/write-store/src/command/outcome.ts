import type { Positions } from '@meridian/contracts';
import type { Refusal } from '@meridian/kernel';
import type { RowKey } from './row-key.ts';

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

/** How a command of a group ended, or that it was set aside. */
export type GroupOutcome = CommandOutcome | HeldOutcome;
