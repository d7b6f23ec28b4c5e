import type { Command } from '../command/command.ts';
import type { CommandOutcome, CommandResult } from '../command/outcome.ts';

/** A command that the queue has accepted and not answered yet. */
export interface WaitingCommand {
  readonly command: Command;
  /** Rises with each command that is taken in. */
  readonly arrival: number;
  readonly resolve: (result: CommandResult) => void;
  readonly reject: (error: unknown) => void;
  /** Takes the command out of the place where it waits, in O(1). Undefined while a transaction runs the command. */
  leave?: (() => void) | undefined;
  /** The caller has been answered already, because the store stopped answering while the transaction ran. */
  isAnswered?: boolean;
  /** When the command began to wait for held rows, by performance.now(). */
  heldSinceMs?: number;
  /** The error for the caller when the rows do not become free in time. */
  heldError?: unknown;
}

/** Tells the caller how the command ended. A caller that has been answered already is told nothing more. */
export function answer(one: WaitingCommand, outcome: CommandOutcome | undefined): void {
  if (one.isAnswered) return;
  if (!outcome) one.reject(new Error('the unit of work gave no outcome'));
  else if (outcome.kind === 'failed') one.reject(outcome.error);
  else one.resolve(outcome);
}

/** In order of arrival. */
export function byArrival(waiting: Iterable<WaitingCommand>): WaitingCommand[] {
  return [...waiting].sort((a, b) => a.arrival - b.arrival);
}
