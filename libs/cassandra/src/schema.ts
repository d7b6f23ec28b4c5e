import { jitteredMs } from '@meridian/async';
import type { CassandraSession } from './session.ts';

const NAME = /^[a-z][a-z0-9_]{0,47}$/;

/** Refuses anything but a plain name of a keyspace or table. Names cannot be bound as values, so they are checked. */
export function checkedName(name: string): string {
  if (!NAME.test(name))
    throw new Error(`"${name}" is no name for a keyspace or table: use a-z, 0-9 and _, 48 at most`);
  return name;
}

/**
 * Creates a keyspace that is replicated over the given regions, if it is missing. Safe to repeat. Does not change the
 * replication of an existing keyspace.
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

/** Removes a keyspace with all its data, if it exists. For tests, and for removing a system permanently. */
export async function dropKeyspace(session: CassandraSession, name: string): Promise<void> {
  await changeSchema(session, [`DROP KEYSPACE IF EXISTS ${checkedName(name)}`]);
}

/**
 * Runs schema statements that may be repeated (`… IF NOT EXISTS`). When another change runs at the same moment, all
 * statements run again: in Cassandra 5, concurrent schema changes can fail.
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
