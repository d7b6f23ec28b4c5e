import { takeBatch } from '@meridian/async';
import type { Command } from '../command/command.ts';
import type { CommandResult } from '../command/outcome.ts';
import { createHeldCommands, type HeldCommands } from './held-commands.ts';
import { StoreUnavailableError } from '../command/store-errors.ts';
import type { UnitOfWork } from '../commit/unit-of-work.ts';
import { answer, type WaitingCommand } from './waiting-command.ts';

/** The queue holds as many commands as it may. Asking again later may succeed. */
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
  /** Commands that may wait at most, those that wait for held rows included. */
  readonly maxQueued: number;
  /** Commands that may wait for rows that others hold, at most; more fail with a StoreBusyError. Half of maxQueued when left out. */
  readonly maxHeld?: number;
  /** How long a command may wait for rows that others hold before it fails with a StoreBusyError. */
  readonly maxHeldMs?: number;
  /** Called after each group, however the group ended. */
  readonly onGroup?: (report: GroupReport) => void;
}

/** Group commit: one transaction for all commands that came while the last one ran. */
export interface CommandQueue {
  /**
   * Waits for the turn of the command, and answers once the command is committed. When no group runs, its turn is now.
   *
   * A command that needs a row which others hold waits until the row is free, and delays no other command. Commands that wait for the
   * same row get it in the order in which they came. `signal` withdraws a command that still waits, and no other.
   *
   * Rejects with QueueFullError or QueueClosedError when the queue does not accept the command. Also rejects with the
   * reason of the signal, or with the error of the command or of the store.
   */
  submit(command: Command, signal?: AbortSignal): Promise<CommandResult>;
  /** Commands that wait now, those that wait for held rows included. */
  depth(): number;
  /** Commands that wait for rows that others hold. */
  held(): number;
  /**
   * To be called when the store stops answering, and when it answers again. While the store does not answer, all waiting and all new
   * commands fail at once with a StoreUnavailableError. A command whose transaction runs may still be committed.
   */
  storeAnswers(isAnswering: boolean): void;
  /** Accepts no more commands, and resolves when all that were accepted are answered. */
  drain(): Promise<void>;
}

const BYTES_PER_COMMAND = 512;
const BYTES_PER_LOCK = 256;

/**
 * How long a group waits for a row. Transactions of other replicas hold rows for about as long as our own transactions do; only a holder
 * that takes much longer delays others. The wait is shorter while rows are known to be held, because more are then likely to be.
 */
const lockWaitMs = (typicalMs: number) => Math.min(2_000, 250 + 5 * typicalMs);
const waryLockWaitMs = (typicalMs: number) => Math.min(1_000, 50 + 2 * typicalMs);
/** The rows of these commands were just seen free, so whoever holds them now will be done soon. */
const freedLockWaitMs = (typicalMs: number) => Math.min(5_000, 1_000 + 10 * typicalMs);

/** How much a new duration counts in the typical duration. */
const WEIGHT = 0.2;

function sizeOf(command: Command): number {
  return (command.sizeBytes ?? 0) + BYTES_PER_COMMAND + BYTES_PER_LOCK * command.locks.length;
}

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('the command was withdrawn');
}

function noAnswer(): StoreUnavailableError {
  return new StoreUnavailableError('the database does not answer');
}

/** A queue over a unit of work. One group runs at a time. */
export function createCommandQueue(options: CommandQueueOptions): CommandQueue {
  const queue = new GroupQueue(options);
  return {
    submit: (command, signal) => queue.submit(command, signal),
    depth: () => queue.depth(),
    held: () => queue.held.size(),
    storeAnswers: (isAnswering) => queue.storeAnswers(isAnswering),
    drain: () => queue.drain(),
  };
}

/**
 * A command waits in one of three places. It comes into `waiting`. When a row that it needs is held, it goes to `held`, and from there,
 * once the row is free, into `freed`. Groups are taken from `freed` and `waiting` in turn.
 */
class GroupQueue {
  readonly held: HeldCommands;
  readonly #options: CommandQueueOptions;
  // A set keeps the order of its commands, and a withdrawn command leaves in O(1).
  readonly #waiting = new Set<WaitingCommand>();
  readonly #freed = new Set<WaitingCommand>();
  #arrivals = 0;
  #running: Promise<void> | undefined;
  #closed = false;
  #isAnswering = true;
  #typicalMs = 0;
  #group: readonly WaitingCommand[] = [];

  constructor(options: CommandQueueOptions) {
    const { unitOfWork, maxQueued, maxHeld = Math.ceil(maxQueued / 2), maxHeldMs = 4_000 } = options;
    this.#options = options;
    this.held = createHeldCommands({
      unitOfWork,
      maxCommands: maxHeld,
      maxHeldMs,
      onFree: (commands) => {
        for (const one of commands) this.#waitIn(this.#freed, one);
      },
    });
  }

  depth(): number {
    return this.#waiting.size + this.#freed.size + this.held.size();
  }

  submit(command: Command, signal: AbortSignal | undefined): Promise<CommandResult> {
    const { maxQueued } = this.#options;
    if (this.#closed) return Promise.reject(new QueueClosedError('the queue takes no more commands'));
    if (this.depth() >= maxQueued)
      return Promise.reject(new QueueFullError(`${maxQueued} commands wait already`));
    if (signal?.aborted) return Promise.reject(reasonOf(signal));
    if (!this.#isAnswering) return Promise.reject(noAnswer());
    return this.#enqueue(command, signal);
  }

  storeAnswers(isAnswering: boolean): void {
    this.#isAnswering = isAnswering;
    if (isAnswering) return;
    for (const one of [...this.#waiting, ...this.#freed, ...this.held.waiting()]) {
      one.leave?.();
      one.reject(noAnswer());
    }
    for (const one of this.#group) {
      one.isAnswered = true;
      one.reject(noAnswer());
    }
  }

  async drain(): Promise<void> {
    this.#closed = true;
    // A command that is set aside or freed meanwhile moves from one place to the other.
    while (this.#running || this.held.size() > 0) {
      await this.#running;
      await this.held.whenEmpty();
    }
    await this.held.stop();
  }

  #enqueue(command: Command, signal: AbortSignal | undefined): Promise<CommandResult> {
    const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
    const one: WaitingCommand = { command, arrival: this.#arrivals++, resolve, reject };
    const withdraw = () => {
      if (!one.leave) return;
      one.leave();
      reject(reasonOf(signal));
    };
    signal?.addEventListener('abort', withdraw, { once: true });
    if (this.held.needsHeldRow(command)) this.held.add(one);
    else this.#waitIn(this.#waiting, one);
    return signal ? promise.finally(() => signal.removeEventListener('abort', withdraw)) : promise;
  }

  #waitIn(place: Set<WaitingCommand>, one: WaitingCommand): void {
    one.leave = () => {
      place.delete(one);
      one.leave = undefined;
    };
    place.add(one);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#waiting.size + this.#freed.size > 0) {
      // Commands that waited for their rows came before later commands that need the same rows.
      const before = this.#take(this.#freed);
      if (before.length > 0) await this.#runGroup(before, freedLockWaitMs(this.#typicalMs));
      this.#setAsideThoseThatNeedHeldRows();
      const group = this.#take(this.#waiting);
      const waitMs = this.held.anyRowHeld() ? waryLockWaitMs : lockWaitMs;
      if (group.length > 0) await this.#runGroup(group, waitMs(this.#typicalMs));
    }
    this.#running = undefined;
  }

  #setAsideThoseThatNeedHeldRows(): void {
    if (!this.held.anyRowHeld()) return;
    for (const one of this.#waiting) {
      if (!this.held.needsHeldRow(one.command)) continue;
      one.leave?.();
      this.held.add(one);
    }
  }

  #take(place: Set<WaitingCommand>): readonly WaitingCommand[] {
    const { maxCommands, maxBytes = 4 * 1024 * 1024 } = this.#options;
    const bytesOf = ({ command }: WaitingCommand) => sizeOf(command);
    const group = takeBatch(place, { maxCount: maxCommands, maxBytes, bytesOf });
    for (const one of group) one.leave?.();
    return group;
  }

  async #runGroup(group: readonly WaitingCommand[], waitMs: number): Promise<void> {
    const { unitOfWork, onGroup } = this.#options;
    const startedAt = performance.now();
    this.#group = group;
    try {
      const commands = group.map(({ command }) => command);
      const outcomes = await unitOfWork.execute(commands, { lockWaitMs: waitMs });
      const durationMs = performance.now() - startedAt;
      // A transaction in which commands were set aside tells nothing of how long one usually takes.
      if (outcomes.every(({ kind }) => kind !== 'held'))
        this.#typicalMs += WEIGHT * (durationMs - this.#typicalMs);
      for (const [index, one] of group.entries()) {
        const outcome = outcomes[index];
        if (outcome?.kind !== 'held') answer(one, outcome);
        else if (!one.isAnswered) this.held.add(one, outcome.rows, outcome.error);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      this.#group = [];
      onGroup?.({ commands: group.length, durationMs: performance.now() - startedAt });
    }
  }
}
