import type { StatementResult } from '@meridian/mysql';
import type { Versioned } from '../aggregates.ts';
import type { Statement } from '../script.ts';

/** One aggregate to save: as it was when it was locked, and as it is now. */
export interface Change<State> {
  readonly id: string;
  readonly before: Versioned<State>;
  readonly after: { readonly state: State; readonly version: bigint };
}

/** The rows of one kind of aggregate. */
export interface StateTable<State> {
  /** Locks the rows of these ids by primary key, in its order, and reads them: one result a statement. */
  lock(ids: readonly string[]): readonly Statement[];
  /** The states in the results of `lock`; ids without a row are left out. */
  read(results: readonly StatementResult[]): ReadonlyMap<string, Versioned<State>>;
  /** Saves changes in primary-key order, with one statement a table for the new rows and one for the changed ones. */
  save(changes: readonly Change<State>[]): readonly Statement[];
}

/** The new rows and the changed ones, each by ascending id, so that writers meet in the same order. */
export function splitByKind<State>(changes: readonly Change<State>[]): {
  created: readonly Change<State>[];
  changed: readonly Change<State>[];
} {
  const ordered = [...changes].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    created: ordered.filter(({ before }) => before.version === 0n),
    changed: ordered.filter(({ before }) => before.version !== 0n),
  };
}
