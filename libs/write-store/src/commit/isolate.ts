import { isPacketTooLarge, isRetryable } from '@meridian/mysql';
import type { Command } from '../command/command.ts';
import type { CommandOutcome, HeldOutcome } from '../command/outcome.ts';
import { rowsOf, type RowKey } from '../command/row-key.ts';
import { CommandTooLargeError, StoreBusyError, StoreUnavailableError } from '../command/store-errors.ts';
import { tryGroup, type Execution, type Patience, type TryBounds } from './try-group.ts';

/** How a command of a group ended, or that it was set aside. */
export type GroupOutcome = CommandOutcome | HeldOutcome;

/**
 * Runs a group to its end. Commands that need held rows are set aside. A group whose error stays is halved, until the error is alone
 * with its command or the time is up.
 */
export async function isolate(
  commands: readonly Command[],
  execution: Execution,
  patience: Patience,
  bounds: TryBounds,
): Promise<readonly GroupOutcome[]> {
  const result = await tryGroup(commands, execution, patience, bounds);
  if ('outcomes' in result) {
    const { outcomes } = result;
    if (outcomes.length === commands.length) return outcomes;
    return withTheRest(commands, outcomes, { execution, patience, bounds });
  }
  const { error, held } = result;
  if (held) return setAside(commands, held, error, { execution, patience, bounds });
  if (commands.length === 1 || performance.now() >= execution.endsAtMs) {
    const isOwn = commands.length === 1 && !isRetryable(error);
    return commands.map((command) => ({ kind: 'failed', error: failure(command, error, isOwn, execution) }));
  }
  const half = Math.ceil(commands.length / 2);
  const next = { untilMs: execution.endsAtMs, probing: isRetryable(error) };
  const before = await isolate(commands.slice(0, half), execution, next, bounds);
  return [...before, ...(await isolate(commands.slice(half), execution, next, bounds))];
}

/** Goes on with the commands that did not fit into one request, about as many at a time as did fit. */
async function withTheRest(
  commands: readonly Command[],
  outcomes: readonly CommandOutcome[],
  { execution, patience, bounds }: { execution: Execution; patience: Patience; bounds: TryBounds },
): Promise<readonly GroupOutcome[]> {
  const all: GroupOutcome[] = [...outcomes];
  while (all.length < commands.length) {
    const next = commands.slice(all.length, all.length + 2 * outcomes.length);
    all.push(...(await isolate(next, execution, patience, bounds)));
  }
  return all;
}

/** Goes on without the commands that need held rows. At least one command does. */
async function setAside(
  commands: readonly Command[],
  held: ReadonlySet<RowKey>,
  cause: unknown,
  { execution, patience, bounds }: { execution: Execution; patience: Patience; bounds: TryBounds },
): Promise<readonly GroupOutcome[]> {
  const heldOf = new Map(
    commands.map((command) => [command, rowsOf(command).filter((row) => held.has(row))]),
  );
  const free = commands.filter((command) => heldOf.get(command)?.length === 0);
  const outcomes = free.length > 0 ? await isolate(free, execution, patience, bounds) : [];
  const outcomeOf = new Map(free.map((command, index) => [command, outcomes[index]]));
  return commands.map((command): GroupOutcome => {
    const outcome = outcomeOf.get(command);
    if (outcome) return outcome;
    const rows = heldOf.get(command) ?? [];
    return { kind: 'held', rows, error: failure(command, cause, false, execution) };
  });
}

function failure(command: Command, cause: unknown, isOwn: boolean, { context }: Execution): unknown {
  if (context.unknownOutcomes.has(command))
    return new StoreUnavailableError(
      'the connection was lost during COMMIT, and what came of it is not known',
      {
        cause,
      },
    );
  if (isPacketTooLarge(cause))
    return new CommandTooLargeError('the server takes no request as large as the command needs', { cause });
  if (isOwn || cause instanceof StoreBusyError) return cause;
  return new StoreBusyError('others hold what the command needs', { cause });
}
