import { SPECULATIVE_RETRY, type CassandraSession } from '@meridian/cassandra';

/** The table that names the journal of each generation of a read model. */
export const JOURNAL_TABLE = 'projection_journal';

/** The statement that makes the table, if it is missing. All read models of a keyspace share it. */
export function createJournalTableCql(keyspace: string): string {
  return `CREATE TABLE IF NOT EXISTS ${keyspace}.${JOURNAL_TABLE} (projector text, generation int, journal_id text, adopted_at timestamp, PRIMARY KEY ((projector), generation)) WITH ${SPECULATIVE_RETRY}`;
}

/** The ids of the journals that the generations of a read model are made of, by generation, as this region knows them. */
export async function readModelJournals(
  session: CassandraSession,
  keyspace: string,
  projector: string,
): Promise<ReadonlyMap<number, string>> {
  const rows = await session.execute(
    `SELECT generation, journal_id FROM ${keyspace}.${JOURNAL_TABLE} WHERE projector = ?`,
    [projector],
    { consistency: 'LOCAL_QUORUM' },
  );
  return new Map(
    rows.flatMap(({ generation, journal_id: id }) =>
      typeof generation === 'number' && typeof id === 'string' ? [[generation, id] as const] : [],
    ),
  );
}
