import { withinInt64 } from '@meridian/kernel';
import type { Contribution, FoldedRow } from './fold.ts';
import type { Cells } from './mutation.ts';
import type { Row } from './row.ts';
import { LAST_POSITION, type Table } from './table.ts';

/** Which total: a table, and the key without the share of it that a Kafka partition keeps. */
export type TotalKey = Pick<Contribution, 'table' | 'key'>;

/** One share of a total as it was at `lastPosition`. */
export interface Total {
  readonly table: Table;
  /** The whole key of its row. */
  readonly key: Cells;
  /** The position of the last event in it; 0 when there is none. */
  readonly lastPosition: bigint;
  readonly sums: Readonly<Record<string, bigint>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A total as a row of the store has it; without a row nothing is in it. */
export function toTotal(table: Table, key: Cells, row: Row | undefined): Total {
  const sums: Record<string, bigint> = {};
  const labels: Record<string, string> = {};
  for (const [name, type] of Object.entries(table.columns)) {
    const value = row?.[name];
    if (type === 'bigint') sums[name] = typeof value === 'bigint' ? value : 0n;
    else if (typeof value === 'string') labels[name] = value;
  }
  const lastPosition = row?.[LAST_POSITION];
  return { table, key, sums, labels, lastPosition: typeof lastPosition === 'bigint' ? lastPosition : 0n };
}

/** A copy of a total that is being added to. */
export interface ChangedTotal extends Total {
  lastPosition: bigint;
  readonly sums: Record<string, bigint>;
  readonly labels: Record<string, string>;
}

/** A copy of a total, to add to. */
export function copyOf(total: Total): ChangedTotal {
  return { ...total, sums: { ...total.sums }, labels: { ...total.labels } };
}

/** Adds a contribution. A sum stops at the end of 64 bits: the store would keep it with the other sign. */
export function addTo(total: ChangedTotal, { addends, labels, position }: Contribution): void {
  for (const [name, addend] of Object.entries(addends))
    total.sums[name] = withinInt64((total.sums[name] ?? 0n) + addend);
  Object.assign(total.labels, labels);
  total.lastPosition = position;
}

/** The absolute row of a total: writing it again, or after a newer one, changes nothing. */
export function toRow({ table, key, sums, labels, lastPosition }: Total): FoldedRow {
  const cells = { ...sums, ...labels, [LAST_POSITION]: lastPosition };
  return { table, key, isStatic: false, writtenAt: 2n * lastPosition + 1n, cells };
}
