import { randomBytes } from 'node:crypto';
import { dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { afterAll } from 'vitest';

/** The keyspaces of this test file. Unused ones are empty. To empty tables takes a tenth of the time that making them takes. */
const made: string[] = [];
const free: string[] = [];
let dropAll: (() => Promise<void>) | undefined;

/** Gives a test a keyspace of its own in both regions: one that an earlier test of the file gave back, or a new one. */
export async function takeKeyspace(session: CassandraSession): Promise<string> {
  const kept = free.pop();
  if (kept !== undefined) return kept;
  const name = `projection_${randomBytes(5).toString('hex')}`;
  await ensureKeyspace(session, name, { 'eu-west': 1, 'us-east': 1 });
  made.push(name);
  return name;
}

/** Takes a keyspace back from a test that has stopped whatever writes to it. */
export async function giveBackKeyspace(session: CassandraSession, name: string): Promise<void> {
  const ofKeyspace = 'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?';
  const tables = await session.execute(ofKeyspace, [name], { consistency: 'LOCAL_ONE' });
  await session.schema(tables.map(({ table_name: table }) => `TRUNCATE ${name}.${String(table)}`));
  free.push(name);
}

/** Drops the keyspaces at the end of the test file, with a session that is made then. */
export function dropKeyspacesWith(connect: () => Promise<CassandraSession>): void {
  dropAll ??= async () => {
    const session = await connect();
    for (const name of made) await dropKeyspace(session, name);
    await session.close();
  };
}

afterAll(() => dropAll?.());
