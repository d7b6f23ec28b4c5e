import type { Command } from '../command/command.ts';
import type { CommandResult } from '../command/outcome.ts';

/** A command that was taken in and is not answered yet. */
export interface WaitingCommand {
  readonly command: Command;
  /** Rises with each command that is taken in. */
  readonly arrival: number;
  readonly resolve: (result: CommandResult) => void;
  readonly reject: (error: unknown) => void;
  /** Takes it out of where it waits, in O(1); not there while a transaction runs it. */
  leave?: (() => void) | undefined;
  /** Its caller has been answered already: the store fell silent while its transaction ran. */
  isAnswered?: boolean;
  /** Since when it waits for rows that others hold, by performance.now(). */
  heldSinceMs?: number;
  /** What its caller is told if it has waited for them in vain. */
  heldError?: unknown;
}

/** In order of arrival. */
export function byArrival(waiting: Iterable<WaitingCommand>): WaitingCommand[] {
  return [...waiting].sort((a, b) => a.arrival - b.arrival);
}
