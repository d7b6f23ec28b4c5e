import type { BoundCell } from '@meridian/cassandra';
import { keyText, type FoldedRow } from '../fold.ts';

interface StoredCell {
  readonly timestamp: bigint;
  readonly value: BoundCell;
}

/**
 * Cassandra's rule by itself: of every cell the write with the largest timestamp stands, and a row's delete takes away the
 * cells whose timestamp is not above its own, whenever it arrives.
 */
export class LastWriteWins {
  readonly #cells = new Map<string, StoredCell>();
  readonly #deletes = new Map<string, bigint>();

  /** Writes rows, as one of several batches that may come in any order and more than once. */
  apply(rows: readonly FoldedRow[]): void {
    for (const { table, key, isStatic, cells, removedAt, writtenAt } of rows) {
      const row = `${table.name}|${isStatic ? 'static' : 'row'}|${keyText(key)}`;
      if (removedAt !== undefined && removedAt > (this.#deletes.get(row) ?? -1n))
        this.#deletes.set(row, removedAt);
      if (writtenAt === undefined) continue;
      for (const [column, value] of Object.entries(cells)) {
        const before = this.#cells.get(`${row}|${column}`);
        if (before && before.timestamp > writtenAt) continue;
        if (before && before.timestamp === writtenAt && before.value !== value)
          throw new Error(`two values at one timestamp: ${row} ${column}`);
        this.#cells.set(`${row}|${column}`, { timestamp: writtenAt, value });
      }
    }
  }

  /** What a reader sees: every cell that is not deleted. */
  visible(): ReadonlyMap<string, BoundCell> {
    const seen = new Map<string, BoundCell>();
    for (const [cell, { timestamp, value }] of this.#cells) {
      const row = cell.slice(0, cell.lastIndexOf('|'));
      if (timestamp > (this.#deletes.get(row) ?? -1n)) seen.set(cell, value);
    }
    return new Map([...seen].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
