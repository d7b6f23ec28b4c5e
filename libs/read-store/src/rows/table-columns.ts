import type { CassandraSession } from '@meridian/cassandra';
import {
  clusteringColumns,
  cqlName,
  type FedProjection,
  int,
  type Table,
  text,
  valueColumns,
} from '@meridian/projection';

/** A table of this generation is there with other columns: the projection was changed without a new generation. */
export class ChangedTableError extends Error {
  override readonly name = 'ChangedTableError';
}

/** A node may not know the newest tables yet. So many times it is waited for before a difference counts. */
const LOOKS = 3;

/**
 * Checks that the tables that are there are those that a generation's code declares. Rejects with ChangedTableError otherwise:
 * writing to them would fail for ever, or mix two layouts. A difference counts when it is still there after all nodes have
 * been waited for. Rejects with another error when a table is not known to the node that was asked, even then. Rejects with the
 * signal's reason once the signal is aborted.
 */
export async function checkColumns(
  session: CassandraSession,
  keyspace: string,
  { tables, generation }: FedProjection,
  signal?: AbortSignal,
): Promise<void> {
  for (let looks = 1; ; looks++) {
    const error = await differenceIn(session, keyspace, tables, generation);
    if (!error) return;
    signal?.throwIfAborted();
    if (looks === LOOKS) throw error;
    await session.schema([], signal);
  }
}

/** Whether a generation's table has the key that is declared. One of another version may have another. */
export async function hasDeclaredKey(
  session: CassandraSession,
  keyspace: string,
  table: Table,
  generation: number,
): Promise<boolean> {
  const rows = await session.execute(
    'SELECT column_name, kind, position FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?',
    [keyspace, cqlName(table, generation)],
    { consistency: 'LOCAL_ONE' },
  );
  const declared = [
    ...Object.keys(table.partitionKey).map((name, index) => `${name} partition_key ${index}`),
    ...Object.keys(clusteringColumns(table)).map((name, index) => `${name} clustering ${index}`),
  ];
  const there = rows
    .filter((row) => row['kind'] === 'partition_key' || row['kind'] === 'clustering')
    .map((row) => `${text(row, 'column_name')} ${text(row, 'kind')} ${int(row, 'position')}`);
  return declared.sort().join() === there.sort().join();
}

async function differenceIn(
  session: CassandraSession,
  keyspace: string,
  tables: readonly Table[],
  generation: number,
): Promise<Error | undefined> {
  const rows = await session.execute(
    'SELECT table_name, column_name, kind, type FROM system_schema.columns WHERE keyspace_name = ?',
    [keyspace],
    { consistency: 'LOCAL_ONE' },
  );
  for (const table of tables) {
    const name = cqlName(table, generation);
    const there = rows
      .filter((row) => row['table_name'] === name)
      .map((row) => ['column_name', 'type', 'kind'].map((name) => text(row, name)).join(' '));
    if (there.length === 0) return new Error(`table ${keyspace}.${name} is not known to every node yet`);
    const declared = declaredColumns(table);
    const differing = [
      ...there.filter((column) => !declared.includes(column)),
      ...declared.filter((column) => !there.includes(column)),
    ].sort();
    if (differing.length > 0)
      return new ChangedTableError(
        `table ${keyspace}.${name} is not as this version declares it (${differing.join(', ')}): a changed projection is a new generation; where no data is to be kept, drop the table`,
      );
  }
  return undefined;
}

function declaredColumns(table: Table): readonly string[] {
  const of = (columns: Readonly<Record<string, string>>, kind: string) =>
    Object.entries(columns).map(([name, type]) => `${name} ${type} ${kind}`);
  return [
    ...of(table.partitionKey, 'partition_key'),
    ...of(clusteringColumns(table), 'clustering'),
    ...of(valueColumns(table), 'regular'),
    ...of(table.staticColumns, 'static'),
  ];
}
