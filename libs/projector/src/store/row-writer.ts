import { settled, slicesOf, type SliceBounds } from '@meridian/async';
import type { CassandraSession, Consistency, KeyPart, Placement, Statement } from '@meridian/cassandra';
import { type FoldedRow, partitionKeyIdOf, type Table } from '@meridian/projection';
import { type TableStatements, tableStatements } from '@meridian/read-store';
import { bytesOf } from './statement-bytes.ts';

/** How rows are written. */
export interface RowWriterOptions {
  readonly session: CassandraSession;
  readonly keyspace: string;
  readonly generation: number;
  /** How much of one partition is written together. Rows that are written together become visible together. */
  readonly bounds?: SliceBounds;
}

/** Writes folded rows. A repeat changes nothing, since every statement carries its own timestamp. */
export interface RowWriter {
  /**
   * Resolves when every row is at the consistency level. Rows with the same partition key go together, also those of
   * different tables: the store makes one mutation of them. Rejects with the first failure.
   */
  write(rows: readonly FoldedRow[], consistency: Consistency): Promise<void>;
  /**
   * As `write`, but `send` brings the statements to the store. Each call of `send` gets statements of one partition
   * key, and the placement of the key. All calls are made at once, so `send` has to bound the requests under way.
   */
  writeBy(
    rows: readonly FoldedRow[],
    send: (statements: readonly Statement[], placement: Placement | undefined) => Promise<void>,
  ): Promise<void>;
  statements(table: Table): TableStatements;
}

/** Below Cassandra's own limit for a batch, 50 KiB. */
const BOUNDS: SliceBounds = { maxItems: 400, maxBytes: 32_000 };

/** Makes a writer for one generation's tables. */
export function createRowWriter(options: RowWriterOptions): RowWriter {
  const { session, keyspace, generation, bounds = BOUNDS } = options;
  const known = new Map<string, TableStatements>();
  const statementsOf = (table: Table) => {
    let statements = known.get(table.name);
    if (!statements) known.set(table.name, (statements = tableStatements(keyspace, table, generation)));
    return statements;
  };
  const writeBy: RowWriter['writeBy'] = async (rows, send) => {
    const work: Promise<void>[] = [];
    for (const group of Map.groupBy(rows, ({ table, key }) => partitionKeyIdOf(table, key)).values()) {
      const placement = group[0] && session.placementOf(keyspace, keyPartsOf(group[0]));
      const statements = joined(group).flatMap((row) => toStatements(row, statementsOf(row.table)));
      for (const slice of slicesOf(statements, bytesOf, bounds)) work.push(send(slice, placement));
    }
    await settled(work);
  };
  return {
    statements: statementsOf,
    writeBy,
    write: (rows, consistency) => writeBy(rows, (statements) => run(session, statements, consistency)),
  };
}

function keyPartsOf({ table, key }: FoldedRow): readonly KeyPart[] {
  return Object.entries(table.partitionKey).map(([name, type]) => {
    const value = key[name];
    if (type === 'text' && typeof value === 'string') return { type, value };
    if (type === 'int' && typeof value === 'number') return { type, value };
    if (type === 'bigint' && typeof value === 'bigint') return { type, value };
    if (type === 'timestamp' && value instanceof Date) return { type, value };
    throw new Error(`table ${table.name}: ${name} is no ${type}, or no type for a partition key`);
  });
}

/** A row to write: its cells, and the static cells of its partition if the same event wrote them. */
interface Written extends FoldedRow {
  readonly statics?: FoldedRow['cells'];
}

/** Joins the static cells of a partition with a row that the same event wrote: one statement instead of two. */
function joined(group: readonly FoldedRow[]): readonly Written[] {
  const shared = new Map(group.filter(({ isStatic }) => isStatic).map((one) => [writerOf(one), one]));
  if (shared.size === 0) return group;
  const rows = group
    .filter(({ isStatic }) => !isStatic)
    .map((row): Written => {
      const writer = writerOf(row);
      const statics = shared.get(writer);
      if (!statics) return row;
      shared.delete(writer);
      return { ...row, statics: statics.cells };
    });
  return [...shared.values(), ...rows];
}

/** Which event wrote to a table last; a row that was only removed has no such event. */
const writerOf = ({ table, writtenAt }: FoldedRow): string => `${table.name} ${writtenAt}`;

function toStatements(
  row: Written,
  { insert, insertStatic, insertBoth, remove }: TableStatements,
): Statement[] {
  const statements: Statement[] = [];
  const values = { ...row.statics, ...row.cells, ...row.key };
  if (row.removedAt !== undefined) {
    statements.push({
      cql: remove.cql,
      params: [row.removedAt, ...remove.columns.map((name) => row.key[name])],
    });
  }
  if (row.writtenAt !== undefined) {
    const { cql, columns } = row.isStatic ? insertStatic : row.statics ? insertBoth : insert;
    statements.push({ cql, params: [...columns.map((name) => values[name]), row.writtenAt] });
  }
  return statements;
}

async function run(
  session: CassandraSession,
  statements: readonly Statement[],
  consistency: Consistency,
): Promise<void> {
  const [only] = statements;
  if (statements.length === 1 && only) await session.execute(only.cql, only.params, { consistency });
  else await session.batch(statements, { consistency });
}
