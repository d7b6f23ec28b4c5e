import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from './command.ts';
import { rowsOf, type RowKey } from './held-rows.ts';
import { StoreBusyError } from './store-errors.ts';
import type { UnitOfWork } from './unit-of-work.ts';
import { byArrival, type WaitingCommand } from './waiting-command.ts';

/** Where commands wait for rows that others hold, so that no transaction has to. */
export interface HeldCommands {
  /** Whether a command needs a row that was held when it was last looked at. */
  needsHeldRow(command: Command): boolean;
  /** Whether any row is known to be held. */
  anyRowHeld(): boolean;
  /**
   * Takes a command in until its rows are free. It is handed back then, or rejected with `error` (a StoreBusyError when left out)
   * when it has waited for too long altogether, or at once when too many wait. `rows` are those of its rows that were found held.
   */
  add(one: WaitingCommand, rows?: readonly RowKey[], error?: unknown): void;
  /** Commands that wait here. */
  size(): number;
  /** Resolves when none waits here any more, which takes no longer than the longest wait. */
  whenEmpty(): Promise<void>;
  /** Looks at no rows any more. */
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

/** Rows that are remembered as held; the oldest is forgotten first, and found out again when a transaction meets it. */
const MOST_ROWS = 2_000;
const LOOK_EVERY_MS = 100;
/** While nobody waits: whoever comes then waits here and harms nobody. */
const LOOK_SELDOM_EVERY_MS = 1_000;

/** Makes it. One look at a time, over one connection: however many rows are held, no more connections wait for them. */
export function createHeldCommands(options: HeldCommandsOptions): HeldCommands {
  const { unitOfWork, maxCommands, maxHeldMs, onFree } = options;
  const waiting = new Set<WaitingCommand>();
  const rows = new Set<RowKey>();
  let empty = Promise.withResolvers<void>();
  let watching: Promise<void> | undefined;
  let turn = 0;

  const needsHeldRow = (command: Command) => rows.size > 0 && rowsOf(command).some((row) => rows.has(row));

  function remember(found: readonly RowKey[]): void {
    for (const row of found) rows.add(row);
    for (const row of rows) {
      if (rows.size <= MOST_ROWS) break;
      rows.delete(row);
    }
  }

  function letIn(one: WaitingCommand, remainingMs: number): void {
    const leave = () => {
      clearTimeout(timer);
      waiting.delete(one);
      one.leave = undefined;
      if (waiting.size === 0) empty.resolve();
    };
    const timer = setTimeout(() => {
      leave();
      one.reject(one.heldError);
    }, remainingMs);
    one.leave = leave;
    if (waiting.size === 0) empty = Promise.withResolvers();
    waiting.add(one);
  }

  /** Forgets the rows that are free, and hands back those who wait for none that is held. */
  function release(lookedAt: readonly RowKey[], held: ReadonlySet<RowKey>): void {
    for (const row of lookedAt) if (!held.has(row)) rows.delete(row);
    const free = byArrival([...waiting].filter(({ command }) => !needsHeldRow(command)));
    for (const one of free) one.leave?.();
    if (free.length > 0) onFree(free);
  }

  async function watch(): Promise<void> {
    for (;;) {
      const lookedAt = [...rows];
      // Each in turn, or one that is held for good would keep the others from their place in a lock's queue.
      const waitFor = lookedAt[turn++ % lookedAt.length];
      if (waitFor === undefined) break;
      const waitMs = waiting.size > 0 ? LOOK_EVERY_MS : LOOK_SELDOM_EVERY_MS;
      try {
        release(lookedAt, await unitOfWork.heldAmong(new Set(lookedAt), { waitFor, waitMs }));
      } catch {
        // Whatever is the matter with the database, the next transaction meets it too and says so to its callers.
        release(lookedAt, new Set());
        await sleep(LOOK_EVERY_MS);
      }
    }
    watching = undefined;
  }

  return {
    needsHeldRow,
    anyRowHeld: () => rows.size > 0,
    add(one, found = [], error = one.heldError) {
      remember(found);
      one.heldSinceMs ??= performance.now();
      one.heldError = error ?? new StoreBusyError('others hold what the command needs');
      const remainingMs = one.heldSinceMs + maxHeldMs - performance.now();
      if (remainingMs <= 0 || waiting.size >= maxCommands) one.reject(one.heldError);
      else letIn(one, remainingMs);
      watching ??= watch();
    },
    size: () => waiting.size,
    whenEmpty: () => (waiting.size > 0 ? empty.promise : Promise.resolve()),
    async stop() {
      rows.clear();
      await watching;
    },
  };
}
