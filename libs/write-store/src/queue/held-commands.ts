import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '../command/command.ts';
import { rowsOf, type RowKey } from '../command/row-key.ts';
import { StoreBusyError } from '../command/store-errors.ts';
import type { UnitOfWork } from '../commit/unit-of-work.ts';
import { byArrival, type WaitingCommand } from './waiting-command.ts';

/** Where commands wait for rows that others hold, so that no transaction has to. */
export interface HeldCommands {
  /** Whether a command needs a row that the last poll found held. */
  needsHeldRow(command: Command): boolean;
  /** Whether any row is known to be held. */
  anyRowHeld(): boolean;
  /**
   * Keeps a command until its rows are free, and then gives it to `onFree`. Rejects the command with `error`, or with a StoreBusyError,
   * when its waits together last too long, and at once when too many commands wait. `rows` are its rows that were found held.
   */
  add(one: WaitingCommand, rows?: readonly RowKey[], error?: unknown): void;
  /** Commands that wait here. */
  size(): number;
  waiting(): readonly WaitingCommand[];
  /** Resolves when no command waits here any more. That takes `maxHeldMs` at most. */
  whenEmpty(): Promise<void>;
  /** Ends the polling. */
  stop(): Promise<void>;
}

/** The bounds of waiting for held rows, and to whom commands go when their rows are free. */
export interface HeldCommandsOptions {
  readonly unitOfWork: Pick<UnitOfWork, 'heldAmong'>;
  readonly maxCommands: number;
  /** How long a command waits for held rows at most, over all the times that it is set aside. */
  readonly maxHeldMs: number;
  /** Given the commands whose rows were just found free, in order of arrival. */
  readonly onFree: (commands: readonly WaitingCommand[]) => void;
}

/** Rows that are remembered as held. The oldest is forgotten first; a transaction that meets the row finds it again. */
const MAX_ROWS = 2_000;
const POLL_MS = 100;
/** While no command waits. A command that needs a held row then waits here, and delays no other. */
const IDLE_POLL_MS = 1_000;

/** Polls held rows one poll at a time, over one connection: however many rows are held, no more connections wait for them. */
export function createHeldCommands(options: HeldCommandsOptions): HeldCommands {
  const held = new HeldRoom(options);
  return {
    needsHeldRow: (command) => held.needsHeldRow(command),
    anyRowHeld: () => held.rows.size > 0,
    add: (one, rows, error) => held.add(one, rows, error),
    size: () => held.waiting.size,
    waiting: () => [...held.waiting],
    whenEmpty: () => held.whenEmpty(),
    stop: () => held.stop(),
  };
}

class HeldRoom {
  readonly waiting = new Set<WaitingCommand>();
  /** The rows that the last poll found held. */
  readonly rows = new Set<RowKey>();
  readonly #options: HeldCommandsOptions;
  #empty = Promise.withResolvers<void>();
  #watching: Promise<void> | undefined;
  #turn = 0;

  constructor(options: HeldCommandsOptions) {
    this.#options = options;
  }

  needsHeldRow(command: Command): boolean {
    return this.rows.size > 0 && rowsOf(command).some((row) => this.rows.has(row));
  }

  add(one: WaitingCommand, found: readonly RowKey[] = [], error = one.heldError): void {
    this.#remember(found);
    one.heldSinceMs ??= performance.now();
    one.heldError = error ?? new StoreBusyError('others hold what the command needs');
    const remainingMs = one.heldSinceMs + this.#options.maxHeldMs - performance.now();
    if (remainingMs <= 0 || this.waiting.size >= this.#options.maxCommands) one.reject(one.heldError);
    else this.#letIn(one, remainingMs);
    this.#watching ??= this.#watch();
  }

  whenEmpty(): Promise<void> {
    return this.waiting.size > 0 ? this.#empty.promise : Promise.resolve();
  }

  async stop(): Promise<void> {
    this.rows.clear();
    await this.#watching;
  }

  #remember(found: readonly RowKey[]): void {
    for (const row of found) this.rows.add(row);
    for (const row of this.rows) {
      if (this.rows.size <= MAX_ROWS) break;
      this.rows.delete(row);
    }
  }

  #letIn(one: WaitingCommand, remainingMs: number): void {
    const leave = () => {
      clearTimeout(timer);
      this.waiting.delete(one);
      one.leave = undefined;
      if (this.waiting.size === 0) this.#empty.resolve();
    };
    const timer = setTimeout(() => {
      leave();
      one.reject(one.heldError);
    }, remainingMs);
    one.leave = leave;
    if (this.waiting.size === 0) this.#empty = Promise.withResolvers();
    this.waiting.add(one);
  }

  async #watch(): Promise<void> {
    for (;;) {
      const polled = [...this.rows];
      // Waits for each row in turn. A row that is held for ever would otherwise keep the poll out of the other rows' queues.
      const waitFor = polled[this.#turn++ % polled.length];
      if (waitFor === undefined) break;
      const waitMs = this.waiting.size > 0 ? POLL_MS : IDLE_POLL_MS;
      const { unitOfWork } = this.#options;
      try {
        this.#release(polled, await unitOfWork.heldAmong(new Set(polled), { waitFor, waitMs }));
      } catch {
        // The next transaction meets the same error of the database, and reports it to its callers.
        this.#release(polled, new Set());
        await sleep(POLL_MS);
      }
    }
    this.#watching = undefined;
  }

  /** Forgets the rows that are free, and hands back the commands that need no held row. */
  #release(polled: readonly RowKey[], held: ReadonlySet<RowKey>): void {
    for (const row of polled) if (!held.has(row)) this.rows.delete(row);
    const free = byArrival([...this.waiting].filter(({ command }) => !this.needsHeldRow(command)));
    for (const one of free) one.leave?.();
    if (free.length > 0) this.#options.onFree(free);
  }
}
