import { changeSchema, type CassandraSession } from '@meridian/cassandra';
import { checkProjection, type FedProjection } from '@meridian/projection';
import { createProgressTableCql } from './progress/progress.ts';
import { createJournalTableCql } from './progress/read-model-journals.ts';
import { createParkingTablesCql } from './quarantine/tables.ts';
import { createTableCql } from './rows/cql.ts';
import { checkColumns } from './rows/table-columns.ts';

/**
 * Makes a projection's tables and the runtime's own, if they are missing. Safe from several processes at once. Rejects with
 * ChangedTableError when one is there with other columns.
 */
export async function ensureTables(
  session: CassandraSession,
  keyspace: string,
  projection: FedProjection,
): Promise<void> {
  checkProjection(projection);
  const own = [
    ...createProgressTableCql(keyspace),
    createJournalTableCql(keyspace),
    ...createParkingTablesCql(keyspace),
  ];
  const rows = projection.tables.map((table) => createTableCql(keyspace, table, projection.generation));
  await changeSchema(session, [...own, ...rows]);
  await checkColumns(session, keyspace, projection.tables, projection.generation);
}
