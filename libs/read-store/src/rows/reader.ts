import type { CassandraSession } from '@meridian/cassandra';
import { cqlName, type Reader } from '@meridian/projection';

/** Makes a reader of one generation. */
export function createReader(session: CassandraSession, keyspace: string, generation: number): Reader {
  return {
    generation,
    select: (table, columns, rest, params) =>
      session.execute(`SELECT ${columns} FROM ${keyspace}.${cqlName(table, generation)} ${rest}`, params, {
        consistency: 'LOCAL_QUORUM',
      }),
  };
}
