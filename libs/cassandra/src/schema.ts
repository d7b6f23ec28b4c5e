import { jitteredMs } from '@meridian/async';
import type { CassandraSession } from './session.ts';

const NAME = /^[a-z][a-z0-9_]{0,47}$/;

/** Refuses what is no plain name of a keyspace or table: names cannot be bound, so they are checked. */
export function checkedName(name: string): string {
  if (!NAME.test(name))
    throw new Error(`"${name}" is no name for a keyspace or table: use a-z, 0-9 and _, 48 at most`);
  return name;
}

/**
 * Makes a keyspace that is replicated over the given regions, if it is missing. Safe to call again; it does not change the
 * replication of one that exists.
 */
export async function ensureKeyspace(
  session: CassandraSession,
  name: string,
  replicasByRegion: Readonly<Record<string, number>>,
): Promise<void> {
  const replication = Object.entries(replicasByRegion).map(
    ([region, replicas]) => `'${region}': ${Math.trunc(replicas)}`,
  );
  await changeSchema(session, [
    `CREATE KEYSPACE IF NOT EXISTS ${checkedName(name)} WITH replication = {'class': 'NetworkTopologyStrategy', ${replication.join(', ')}}`,
  ]);
}

/** Removes a keyspace with all it holds, if it is there. For tests and for taking a system down for good. */
export async function dropKeyspace(session: CassandraSession, name: string): Promise<void> {
  await changeSchema(session, [`DROP KEYSPACE IF EXISTS ${checkedName(name)}`]);
}

/**
 * Runs statements of the schema that may be repeated (`… IF NOT EXISTS`), all of them again when another change ran at the same
 * moment: Cassandra 5 lets concurrent ones fail.
 */
export async function changeSchema(
  session: Pick<CassandraSession, 'schema'>,
  statements: readonly string[],
  tries = 8,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await session.schema(statements);
    } catch (error) {
      if (attempt >= tries) throw error;
      const pauseMs = 50 * attempt + jitteredMs(100 * attempt);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
