import type { CassandraSession } from '@meridian/cassandra';
import { cqlName, type Projection } from '@meridian/projection';

/** Tables that a keyspace must have, or columns as `table.column`, by keyspace. */
export type RequiredTables = ReadonlyMap<string, readonly string[]>;

/** Tables, and columns that tables of an earlier version lack. */
const SHARED = [
  'projection_progress',
  'projection_progress.marked_at',
  'projection_progress.decision',
  'parked_aggregate',
  'parked_mark',
  'deferred_event',
  'deferred_mark',
];

/** The tables that questions are answered from: projectors make those of the rows, command-service those of the keys. */
export function requiredTables(
  keyspace: string,
  readModels: readonly { readonly tables: Projection['tables']; readonly generation: number }[],
): RequiredTables {
  const rows = readModels.flatMap(({ tables, generation }) =>
    tables.map((table) => cqlName(table, generation)),
  );
  return new Map([
    [keyspace, [...SHARED, ...rows]],
    [`${keyspace}_keys`, ['customer_key']],
  ]);
}

/** The tables and columns that are not there yet, as `keyspace.table` and `keyspace.table.column`. */
export async function missingTables(session: CassandraSession, required: RequiredTables): Promise<string[]> {
  const missing: string[] = [];
  for (const [keyspace, tables] of required) {
    const rows = await session.execute(
      'SELECT table_name, column_name FROM system_schema.columns WHERE keyspace_name = ?',
      [keyspace],
      { consistency: 'LOCAL_ONE' },
    );
    const there = new Set(
      rows.flatMap(({ table_name: table, column_name: column }) => [
        table,
        `${String(table)}.${String(column)}`,
      ]),
    );
    missing.push(...tables.filter((table) => !there.has(table)).map((table) => `${keyspace}.${table}`));
  }
  return missing;
}
