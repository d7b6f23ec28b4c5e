import type { Command, CommandOutcome, CommandResult } from './command.ts';
import type { UnitOfWork } from './unit-of-work.ts';

/** The queue holds as many commands as it may; asking again later may succeed. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

/** The queue takes no more commands: the service is stopping. */
export class QueueClosedError extends Error {
  override readonly name = 'QueueClosedError';
}

/** What one group was, for metrics. */
export interface GroupReport {
  readonly commands: number;
  readonly durationMs: number;
}

/** The bounds of a queue, and whom it tells. */
export interface CommandQueueOptions {
  readonly unitOfWork: UnitOfWork;
  /** Commands in one group at most. */
  readonly maxCommands: number;
  /** Bytes of commands in one group at most; a larger command goes alone. */
  readonly maxBytes?: number;
  /** Commands that may wait at most. */
  readonly maxQueued: number;
  /** Told after each group, whatever came of it. */
  readonly onGroup?: (report: GroupReport) => void;
}

/** Group commit: one transaction for all commands that came while the last one ran. */
export interface CommandQueue {
  /**
   * Waits for the command's turn and answers once it is committed. When nothing runs it goes at once. `signal` is honoured as
   * long as the command waits, and not after. Rejects with QueueFullError or QueueClosedError when it was not taken in, with
   * the signal's reason, or with the command's own or the store's error.
   */
  submit(command: Command, signal?: AbortSignal): Promise<CommandResult>;
  /** Commands that wait now. */
  depth(): number;
  /** Takes in no more and resolves when all that were taken in are answered. */
  drain(): Promise<void>;
}

interface Waiting {
  readonly command: Command;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: CommandResult) => void;
  readonly reject: (error: unknown) => void;
  /** Takes the command out of the queue again. */
  readonly withdraw: () => void;
}

const BYTES_PER_COMMAND = 512;
const BYTES_PER_LOCK = 256;

function sizeOf(command: Command): number {
  return (command.sizeBytes ?? 0) + BYTES_PER_COMMAND + BYTES_PER_LOCK * command.locks.length;
}

function groupSize(waiting: readonly Waiting[], maxCommands: number, maxBytes: number): number {
  let bytes = 0;
  let count = 0;
  for (const { command } of waiting) {
    bytes += sizeOf(command);
    if (count === maxCommands || (count > 0 && bytes > maxBytes)) break;
    count += 1;
  }
  return count;
}

function answer({ resolve, reject }: Waiting, outcome: CommandOutcome | undefined): void {
  if (!outcome) reject(new Error('the unit of work gave no outcome'));
  else if (outcome.kind === 'failed') reject(outcome.error);
  else resolve(outcome);
}

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('the command was withdrawn');
}

/** Makes a queue over a unit of work; one group runs at a time. */
export function createCommandQueue(options: CommandQueueOptions): CommandQueue {
  const { unitOfWork, maxCommands, maxBytes = 4 * 1024 * 1024, maxQueued, onGroup } = options;
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  function takeGroup(): Waiting[] {
    const count = groupSize(waiting, maxCommands, maxBytes);
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    for (const { signal, withdraw } of group) signal?.removeEventListener('abort', withdraw);
    return group;
  }

  async function runOne(group: readonly Waiting[]): Promise<void> {
    const startedAt = performance.now();
    try {
      const outcomes = await unitOfWork.execute(group.map(({ command }) => command));
      group.forEach((one, index) => answer(one, outcomes[index]));
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      onGroup?.({ commands: group.length, durationMs: performance.now() - startedAt });
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) await runOne(takeGroup());
    running = undefined;
  }

  function enqueue(one: Omit<Waiting, 'withdraw'>): void {
    const withdraw = () => {
      waiting = waiting.filter((other) => other.withdraw !== withdraw);
      one.reject(reasonOf(one.signal));
    };
    one.signal?.addEventListener('abort', withdraw, { once: true });
    waiting.push({ ...one, withdraw });
    running ??= run();
  }

  return {
    submit(command, signal) {
      if (closed) return Promise.reject(new QueueClosedError('the queue takes no more commands'));
      if (waiting.length >= maxQueued)
        return Promise.reject(new QueueFullError(`${maxQueued} commands wait already`));
      return new Promise<CommandResult>((resolve, reject) => {
        if (signal?.aborted) reject(reasonOf(signal));
        else enqueue({ command, signal, resolve, reject });
      });
    },
    depth: () => waiting.length,
    async drain() {
      closed = true;
      await running;
    },
  };
}
