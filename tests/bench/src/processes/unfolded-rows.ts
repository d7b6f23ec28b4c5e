import type { Statement } from '@meridian/cassandra';
import {
  addTo,
  type ChangedTotal,
  copyOf,
  KAFKA_PARTITION,
  type Mutation,
  type Projection,
  type RecordedEvent,
  rowIdOf,
  type Table,
  toRow,
  toTotal,
} from '@meridian/projection';
import { tableStatements, type TableStatements } from '@meridian/read-store';

/** Gives the statements of one event: one per row that the projection writes, in whatever batch the event came. */
export type UnfoldedRows = (event: RecordedEvent) => readonly Statement[];

type Cells = Mutation['key'];

/** A row of one event. */
type Row = Pick<Mutation, 'table' | 'key'> & {
  readonly cells: Cells;
};

/**
 * The rows of a read model as a bare consumer writes them. Totals are kept in memory and never read: a run begins with empty tables.
 * Each statement has the timestamp of its event, so statements may be sent in any order.
 */
export function unfoldedRows(keyspace: string, projection: Projection): UnfoldedRows {
  const totals = new Map<string, ChangedTotal>();
  const known = new Map<Table, TableStatements>();
  function statementsOf(table: Table): TableStatements {
    let statements = known.get(table);
    if (!statements) known.set(table, (statements = tableStatements(keyspace, table, projection.version)));
    return statements;
  }
  function insertOf({ table, key, cells }: Row, statics: Row | undefined, writtenAt: bigint): Statement {
    const { cql, columns } = statics ? statementsOf(table).insertBoth : statementsOf(table).insert;
    const values: Cells = { ...statics?.cells, ...cells, ...key };
    return { cql, params: [...columns.map((name) => values[name]), writtenAt] };
  }
  /** What one event adds to one total is one row. */
  function added(mutation: Extract<Mutation, { kind: 'add' }>, { shard, position }: RecordedEvent): Row {
    const key = { ...mutation.key, [KAFKA_PARTITION]: shard };
    const id = `${shard} ${rowIdOf(mutation.table, key)}`;
    let total = totals.get(id);
    if (!total) totals.set(id, (total = copyOf(toTotal(mutation.table, key, undefined))));
    addTo(total, { ...mutation, position });
    return toRow(total);
  }
  return (event) => {
    const writtenAt = 2n * event.position + 1n;
    const statements = new Map<string, Statement>();
    let statics: Row | undefined;
    for (const mutation of projection.project(event)) {
      const { table, kind, key } = mutation;
      if (kind === 'write-static') {
        statics = mutation;
        continue;
      }
      const id = `${kind} ${rowIdOf(table, key)}`;
      if (kind === 'remove') {
        const { cql, columns } = statementsOf(table).remove;
        statements.set(id, { cql, params: [2n * event.position, ...columns.map((name) => key[name])] });
      } else {
        const row = kind === 'add' ? added(mutation, event) : mutation;
        const shared = statics?.table === table ? statics : undefined;
        if (shared) statics = undefined;
        statements.set(id, insertOf(row, shared, writtenAt));
      }
    }
    if (statics) throw new Error(`an event writes only the static cells of ${statics.table.name}`);
    return [...statements.values()];
  };
}
