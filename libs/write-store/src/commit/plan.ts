import type { Command } from '../command/command.ts';
import { requestBytes, type Statement } from '../sql/script.ts';
import type { BegunTransaction } from './begin.ts';
import { decideGroup } from './decide-group.ts';
import type { DecidedGroup } from './decided.ts';
import { tailOf } from './tail.ts';

/** What planning is told from outside. */
export interface PlanContext {
  /** The trace context that a command's journal rows carry. */
  traceOf(command: Command): string;
  /** A position that an event is known to have had: the head is not moved from below it. */
  readonly knownPosition: bigint;
  /** What more than one command may write together, in bytes of the request. */
  readonly maxGroupBytes: number;
}

/** Decided commands, and the one request that saves and commits what was accepted of them. */
export interface Plan {
  readonly commands: readonly Command[];
  readonly group: DecidedGroup;
  /** Empty when nothing was accepted. */
  readonly tail: readonly Statement[];
  /** The only command writes more than a request can hold. */
  readonly isTooLarge: boolean;
}

/**
 * Decides as many commands, from the first on, as one request may write; the others change nothing and keep no claim. A command alone
 * may write as much as the server takes, more commands no more than `maxGroupBytes` either.
 */
export function planWithin(
  commands: readonly Command[],
  begun: BegunTransaction,
  context: PlanContext,
  maxRequestBytes: number,
): Plan {
  const group = decideGroup(commands, begun.locked, begun.claims, context.traceOf);
  const tail = group.accepted.length > 0 ? tailOf(begun, group, context.knownPosition) : [];
  const bytes = requestBytes(tail);
  const isAlone = commands.length === 1;
  const isTooLarge = bytes > maxRequestBytes;
  if (isAlone || (!isTooLarge && bytes <= context.maxGroupBytes))
    return { commands, group, tail, isTooLarge };
  const fewer = commands.slice(0, Math.ceil(commands.length / 2));
  return planWithin(fewer, begun, context, maxRequestBytes);
}
