import { changeSchema, type CassandraSession } from '@meridian/cassandra';
import { checkProjection, type FedProjection } from '@meridian/projection';
import { createRegisterTableCql } from './generations/register.ts';
import { createProgressTableCql } from './progress/progress.ts';
import { createJournalTableCql } from './progress/read-model-journals.ts';
import { createParkingTablesCql } from './quarantine/tables.ts';
import { createTableCql } from './rows/cql.ts';
import { checkColumns } from './rows/table-columns.ts';

function runtimeTablesCql(keyspace: string): readonly string[] {
  return [
    ...createProgressTableCql(keyspace),
    createJournalTableCql(keyspace),
    ...createParkingTablesCql(keyspace),
  ];
}

/**
 * Makes the tables that all read models of a keyspace share, if they are missing. Where projectors may not change the
 * schema of others, this comes first.
 */
export async function ensureSharedTables(session: CassandraSession, keyspace: string): Promise<void> {
  await changeSchema(session, [...runtimeTablesCql(keyspace), createRegisterTableCql(keyspace)]);
}

/**
 * Makes a projection's tables and the runtime's own, if they are missing. Safe from several processes at once. Rejects with
 * ChangedTableError when one is there with other columns, and with the signal's reason once the signal is aborted.
 */
export async function ensureTables(
  session: CassandraSession,
  keyspace: string,
  projection: FedProjection,
  signal?: AbortSignal,
): Promise<void> {
  checkProjection(projection);
  const own = runtimeTablesCql(keyspace);
  const rows = projection.tables.map((table) => createTableCql(keyspace, table, projection.generation));
  await changeSchema(session, [...own, ...rows], { signal });
  await checkColumns(session, keyspace, projection, signal);
}
