import type { BoundCell } from './row.ts';
import type { CellsOf, Columns, RowsTable, SomeCellsOf, Table, TotalsTable } from './table.ts';

/** Values by column name. */
export type Cells = Readonly<Record<string, BoundCell>>;

/**
 * One change of one row, made only by the functions below. All of them are idempotent. They also commute, because the
 * runtime takes their timestamps from the event's position. So there is no read-modify-write, no increment and no
 * append.
 */
export type Mutation =
  | {
      readonly kind: 'write' | 'write-static';
      readonly table: Table;
      readonly key: Cells;
      readonly cells: Cells;
    }
  | { readonly kind: 'remove'; readonly table: Table; readonly key: Cells }
  | {
      readonly kind: 'add';
      readonly table: Table;
      readonly key: Cells;
      readonly addends: Readonly<Record<string, bigint>>;
      readonly labels: Readonly<Record<string, string>>;
    };

/** A change of a row that one aggregate makes without knowing what the row holds. */
export type RowMutation = Exclude<Mutation, { kind: 'add' }>;

/** Writes some cells of a row, whether it is there or not. Cells left out stay as they are. */
export function write<P extends Columns, C extends Columns, V extends Columns, S extends Columns>(
  table: RowsTable<P, C, V, S>,
  key: CellsOf<P> & CellsOf<C>,
  cells: SomeCellsOf<V>,
): RowMutation {
  return { kind: 'write', table: asTable(table), key, cells };
}

/** Writes some static cells of a partition. */
export function writeStatic<P extends Columns, C extends Columns, V extends Columns, S extends Columns>(
  table: RowsTable<P, C, V, S>,
  key: CellsOf<P>,
  cells: SomeCellsOf<S>,
): RowMutation {
  return { kind: 'write-static', table: asTable(table), key, cells };
}

/** Deletes a row as it was before this event; what the same event writes to it stays. Never for a row that aggregates share. */
export function remove<P extends Columns, C extends Columns, V extends Columns, S extends Columns>(
  table: RowsTable<P, C, V, S>,
  key: CellsOf<P> & CellsOf<C>,
): RowMutation {
  if (table.isConstant) throw new Error(`table ${table.name} is constant: nothing deletes its rows`);
  return { kind: 'remove', table: asTable(table), key };
}

/** Adds to a total, once an event: the runtime knows by position what is in it. Labels replace what they were. */
export function add<
  P extends Columns,
  C extends Columns,
  V extends Readonly<Record<string, 'bigint' | 'text'>>,
>(
  table: TotalsTable<P, C, V>,
  key: CellsOf<P> & CellsOf<C>,
  addends: { readonly [K in keyof V as V[K] extends 'bigint' ? K : never]?: bigint },
  labels: { readonly [K in keyof V as V[K] extends 'text' ? K : never]?: string } = {},
): Mutation {
  return {
    kind: 'add',
    table: asTable(table),
    key,
    addends: present<bigint>(addends),
    labels: present<string>(labels),
  };
}

function asTable<P extends Columns, C extends Columns, V extends Columns, S extends Columns>(
  table: Table<P, C, V, S>,
): Table {
  return table;
}

function present<T>(values: Readonly<Record<string, T | undefined>>): Record<string, T> {
  const kept: Record<string, T> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) kept[name] = value;
  return kept;
}
