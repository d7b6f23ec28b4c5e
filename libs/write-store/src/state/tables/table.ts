import type { StatementResult } from '@meridian/mysql';
import type { Versioned } from '../../command/aggregates.ts';
import type { Statement } from '../../sql/statements.ts';

/** One aggregate to save: as it was when it was locked, and as it is now. */
export interface Change<State> {
  readonly id: string;
  readonly before: Versioned<State>;
  readonly after: { readonly state: State; readonly version: bigint };
}

/**
 * What a group changed of one kind: aggregates without a row and aggregates with one. Each list has ascending ids, so
 * that writers meet in the same order.
 */
export interface Changes<State> {
  readonly created: readonly Change<State>[];
  readonly changed: readonly Change<State>[];
}

/** The rows of one kind of aggregate. */
export interface StateTable<State> {
  /** Locks the rows of these ids by primary key, in its order, and reads them: one result per statement. */
  lock(ids: readonly string[]): readonly Statement[];
  /** Reads the rows from one id on up to another, which is left out, or up to the last row. It takes no lock. */
  between(from: string, before: string | undefined): readonly Statement[];
  /** The states in the results of `lock` or `between`; ids without a row are left out. */
  read(results: readonly StatementResult[]): ReadonlyMap<string, Versioned<State>>;
  /** Saves changes in their order, with one statement per table for the new rows and one for the changed rows. */
  save(changes: Changes<State>): readonly Statement[];
}

/** The condition that a key is at or above one value and, if there is one, below another. */
export function keyBetween(
  key: string,
  from: string,
  before: string | undefined,
): { readonly where: string; readonly values: readonly string[] } {
  if (before === undefined) return { where: `${key} >= ?`, values: [from] };
  return { where: `${key} >= ? AND ${key} < ?`, values: [from, before] };
}
