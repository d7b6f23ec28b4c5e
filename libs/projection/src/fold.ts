import type { RecordedEvent } from '@meridian/contracts';
import { checkBindable } from './bindable.ts';
import type { Cells, Mutation, RowMutation } from './mutation.ts';
import type { Projection } from './projection.ts';
import { rowIdOf } from './row-id.ts';
import type { BoundCell } from './row.ts';
import type { Table } from './table.ts';

/** What a batch does to one row for one aggregate, folded to at most one delete and one write. */
export interface FoldedRow {
  readonly table: Table;
  readonly key: Cells;
  readonly isStatic: boolean;
  /** The timestamp of the newest delete: 2p of its event. */
  removedAt?: bigint;
  /** The timestamp of the write: 2p + 1 of the newest event in it. */
  writtenAt?: bigint;
  cells: Record<string, BoundCell>;
}

/** What one event adds to a total. */
export interface Contribution {
  readonly position: bigint;
  readonly table: Table;
  readonly key: Cells;
  readonly addends: Readonly<Record<string, bigint>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A batch, folded. */
export interface Folded {
  readonly rows: readonly FoldedRow[];
  /** In the order of positions. */
  readonly contributions: readonly Contribution[];
}

/** An event with what a projection makes of it. */
export interface ProjectedEvent {
  readonly event: RecordedEvent;
  readonly mutations: readonly Mutation[];
}

/**
 * Asks a projection about an event. Whoever needs the answer again keeps it: a projection runs once per event. Throws what the
 * projection throws, and UnbindableError when the store could never take what it gives.
 */
export function projected(projection: Pick<Projection, 'project'>, event: RecordedEvent): ProjectedEvent {
  const mutations = projection.project(event);
  checkBindable(mutations);
  return { event, mutations };
}

/**
 * Folds the mutations of events, given in the order of their positions, by (row, aggregate). It never folds across
 * aggregates, since two aggregates may write different cells of one row at different times. A later write replaces an
 * earlier one cell by cell. A delete forgets the writes before it. The delete itself is kept, so that it also takes
 * away what earlier batches wrote.
 */
export function fold(events: readonly ProjectedEvent[]): Folded {
  const rows = new Map<string, FoldedRow>();
  const contributions: Contribution[] = [];
  for (const { event, mutations } of events) {
    for (const mutation of mutations) {
      if (mutation.kind === 'add') {
        const { table, key, addends, labels } = mutation;
        contributions.push({ position: event.position, table, key, addends, labels });
      } else {
        const owner = `${event.aggregateType}/${event.aggregateId}`;
        apply(rowFor(rows, mutation, owner), mutation, event.position);
      }
    }
  }
  return { rows: [...rows.values()], contributions };
}

function rowFor(rows: Map<string, FoldedRow>, mutation: RowMutation, owner: string): FoldedRow {
  const isStatic = mutation.kind === 'write-static';
  const id = `${isStatic ? 's' : 'r'}|${owner}|${rowIdOf(mutation.table, mutation.key)}`;
  let row = rows.get(id);
  if (!row) {
    row = { table: mutation.table, key: mutation.key, isStatic, cells: {} };
    rows.set(id, row);
  }
  return row;
}

function apply(row: FoldedRow, mutation: RowMutation, position: bigint): void {
  if (mutation.kind === 'remove') {
    // The same event's own write stands above its delete (2p < 2p + 1), in whichever order it names them.
    if (row.writtenAt !== undefined && row.writtenAt < 2n * position) {
      row.cells = {};
      delete row.writtenAt;
    }
    row.removedAt = 2n * position;
    return;
  }
  for (const [column, value] of Object.entries(mutation.cells))
    if (value !== undefined) row.cells[column] = value;
  row.writtenAt = 2n * position + 1n;
}
