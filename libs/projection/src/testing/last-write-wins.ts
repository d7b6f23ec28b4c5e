import type { FoldedRow } from '../fold.ts';
import type { Cells } from '../mutation.ts';
import type { BoundCell } from '../row.ts';
import type { Table } from '../table.ts';

interface StoredCell {
  readonly timestamp: bigint;
  readonly value: BoundCell;
}

interface StoredRow {
  readonly table: Table;
  readonly key: Cells;
  readonly isStatic: boolean;
  writtenAt: bigint;
  removedAt: bigint;
  readonly cells: Map<string, StoredCell>;
}

/**
 * Cassandra's rule by itself. For every cell, the write with the largest timestamp wins. A row's delete takes away all
 * cells whose timestamp is not above its own. The order of arrival makes no difference.
 */
export class LastWriteWins {
  readonly #rows = new Map<string, StoredRow>();

  /** Writes rows, as one of several batches that may come in any order and more than once. */
  apply(rows: readonly FoldedRow[]): void {
    for (const { table, key, isStatic, cells, removedAt, writtenAt } of rows) {
      const id = `${table.name}|${isStatic ? 'static' : 'row'}|${keyText(key)}`;
      const row = this.#rows.get(id) ?? {
        table,
        key,
        isStatic,
        writtenAt: -1n,
        removedAt: -1n,
        cells: new Map<string, StoredCell>(),
      };
      this.#rows.set(id, row);
      if (removedAt !== undefined && removedAt > row.removedAt) row.removedAt = removedAt;
      if (writtenAt === undefined) continue;
      if (writtenAt > row.writtenAt) row.writtenAt = writtenAt;
      for (const [column, value] of Object.entries(cells)) {
        const before = row.cells.get(column);
        const differs = before !== undefined && keyText({ value: before.value }) !== keyText({ value });
        if (differs && table.isConstant) throw new Error(`two values of a constant: ${id} ${column}`);
        if (before && before.timestamp > writtenAt) continue;
        if (differs && before.timestamp === writtenAt)
          throw new Error(`two values at one timestamp: ${id} ${column}`);
        row.cells.set(column, { timestamp: writtenAt, value });
      }
    }
  }

  /** What a reader sees: every cell that is not deleted, by table, row and column. */
  visible(): ReadonlyMap<string, BoundCell> {
    const seen = [...this.#rows].flatMap(([id, row]) =>
      Object.entries(cellsOf(row)).map(([column, value]) => [`${id}|${column}`, value] as const),
    );
    return new Map(seen.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The rows of a table as a reader sees them: keys and cells, those of the whole partition included. */
  rows(table: Pick<Table, 'name'>): readonly Cells[] {
    const all = [...this.#rows.values()].filter((row) => row.table.name === table.name);
    const partitionOf = ({ table: { partitionKey }, key }: StoredRow) =>
      keyText(Object.fromEntries(Object.keys(partitionKey).map((name) => [name, key[name]])));
    const shared = new Map(
      all.filter(({ isStatic }) => isStatic).map((row) => [partitionOf(row), cellsOf(row)] as const),
    );
    return all
      .filter(({ isStatic, writtenAt, removedAt }) => !isStatic && writtenAt > removedAt)
      .map((row) => ({ ...row.key, ...cellsOf(row), ...shared.get(partitionOf(row)) }));
  }
}

function cellsOf({ cells, removedAt }: StoredRow): Cells {
  return Object.fromEntries(
    [...cells]
      .filter(([, { timestamp }]) => timestamp > removedAt)
      .map(([column, { value }]) => [column, value]),
  );
}

/** A key as text, the same for the same values only. */
export function keyText(key: Cells): string {
  return Object.entries(key)
    .map(
      ([name, value]) => `${name}=${value instanceof Date ? value.getTime() : JSON.stringify(String(value))}`,
    )
    .join(',');
}
