import type { CassandraSession } from '@meridian/cassandra';
import { cqlName, type Projection } from '@meridian/projection';

/** Tables that a keyspace must have, by keyspace. */
export type RequiredTables = ReadonlyMap<string, readonly string[]>;

const SHARED = ['projection_progress', 'parked_aggregate', 'parked_mark', 'deferred_event', 'deferred_mark'];

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

/** The tables that are not there yet, as `keyspace.table`. */
export async function missingTables(session: CassandraSession, required: RequiredTables): Promise<string[]> {
  const missing: string[] = [];
  for (const [keyspace, tables] of required) {
    const rows = await session.execute(
      'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?',
      [keyspace],
      { consistency: 'LOCAL_ONE' },
    );
    const there = new Set(rows.map((row) => row['table_name']));
    missing.push(...tables.filter((table) => !there.has(table)).map((table) => `${keyspace}.${table}`));
  }
  return missing;
}
