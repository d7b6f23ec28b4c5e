import type { AggregateType } from '@meridian/contracts';
import type { StatementResult } from '@meridian/mysql';
import type { AggregateStates } from '../command/aggregates.ts';
import type { Command } from '../command/command.ts';
import { withinMs, type Statement } from '../sql/statements.ts';
import { customerTable, productTable, stockTable } from './tables/one-row.ts';
import { orderTable } from './tables/orders.ts';
import { receiptTable } from './tables/receipts.ts';
import type { StateTable } from './tables/table.ts';
import { noStates, type Receipts, type StateMaps } from './working-copy.ts';

/** The states that a group may touch, as they were when they were locked. */
export interface LockedState {
  readonly states: StateMaps;
  readonly receipts: Receipts;
}

/** The tables of every kind of aggregate. */
export const TABLES: { readonly [T in AggregateType]: StateTable<AggregateStates[T]> } = {
  customer: customerTable,
  product: productTable,
  stock: stockTable,
  order: orderTable,
};

/** The order in which tables are locked and saved, the same for every writer; parents of foreign keys come first. */
export const LOCK_ORDER: readonly AggregateType[] = ['customer', 'product', 'stock', 'order'];

function idsOf(commands: readonly Command[], type: AggregateType): string[] {
  const locks = commands.flatMap((command) => command.locks);
  return [...new Set(locks.filter((lock) => lock.type === type).map(({ id }) => id))].sort();
}

function fill<T extends AggregateType>(into: StateMaps, type: T, results: readonly StatementResult[]): void {
  for (const [id, state] of TABLES[type].read(results)) into[type].set(id, state);
}

/**
 * The statements that lock all that a group may touch, and how to read their results. Each statement has its locks within
 * `lockWaitMs`, or fails.
 */
export function lockStates(
  commands: readonly Command[],
  lockWaitMs: number,
): {
  statements: readonly Statement[];
  read(results: readonly StatementResult[]): LockedState;
} {
  const parts = LOCK_ORDER.map((type) => ({ type, ids: idsOf(commands, type) }))
    .filter(({ ids }) => ids.length > 0)
    .map(({ type, ids }) => ({ type, statements: TABLES[type].lock(ids) }));
  const receiptIds = [...new Set(commands.flatMap((command) => command.receiptIds ?? []))].sort();
  return {
    statements: [
      ...parts.flatMap(({ statements }) => statements),
      ...(receiptIds.length > 0 ? [receiptTable.lock(receiptIds)] : []),
    ].map((statement) => withinMs(statement, lockWaitMs)),
    read(results) {
      const states = noStates();
      let next = 0;
      for (const { type, statements } of parts) {
        fill(states, type, results.slice(next, next + statements.length));
        next += statements.length;
      }
      const receipts = results[next];
      return { states, receipts: receipts ? receiptTable.read(receipts) : new Map<string, string>() };
    },
  };
}
