import { type FoldedRow, rowIdOf } from '@meridian/projection';

/**
 * Rows of constant tables that every region has acknowledged. Writing one of them again would change nothing but its
 * timestamp, which nobody reads.
 */
export interface ConstantRows {
  /** The rows without those that every region is known to have. */
  missing(rows: readonly FoldedRow[]): readonly FoldedRow[];
  /** Notes that every region has acknowledged these rows. */
  acknowledged(rows: readonly FoldedRow[]): void;
  /** Forgets all rows: each of them is written again when it comes next. */
  forget(): void;
}

/** An entry takes some 200 bytes. */
const MAX_ROWS = 50_000;

/** Begins with no row known. Of too many rows, those are forgotten that were not asked about for longest. */
export function createConstantRows(maxRows = MAX_ROWS): ConstantRows {
  // A set gives its entries in the order in which they were added: the first entry was not asked about for longest.
  const known = new Set<string>();

  function isMissing(row: FoldedRow): boolean {
    if (!row.table.isConstant || row.removedAt !== undefined) return true;
    const id = rowIdOf(row.table, row.key);
    if (!known.delete(id)) return true;
    known.add(id);
    return false;
  }

  return {
    missing: (rows) => rows.filter(isMissing),
    acknowledged(rows) {
      for (const { table, key } of rows) if (table.isConstant) known.add(rowIdOf(table, key));
      for (const oldest of known) {
        if (known.size <= maxRows) break;
        known.delete(oldest);
      }
    },
    forget: () => known.clear(),
  };
}
