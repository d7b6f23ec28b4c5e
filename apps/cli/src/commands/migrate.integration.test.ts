import { randomBytes } from 'node:crypto';
import { connectCassandra, dropKeyspace } from '@meridian/cassandra';
import { createPool } from '@meridian/mysql';
import { afterAll, describe, expect, it } from 'vitest';
import { replicasOf } from '../keyspace-regions.ts';
import { migrateConfig, runMigrations } from './migrate.ts';

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must name a running engine`);
  return value;
}

const suffix = randomBytes(6).toString('hex');
const keyspaces = [`cli_migrate_${suffix}`, `cli_migrate_${suffix}_keys`];
const [journal, keys] = [`cli_migrate_${suffix}`, `cli_migrate_keys_${suffix}`];

describe('migrations', () => {
  const url = fromEnvironment('MERIDIAN_MYSQL_URL');
  const nodes = fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST');
  const config = migrateConfig({
    MERIDIAN_MYSQL_URL: url,
    MERIDIAN_MYSQL_DATABASE: journal,
    MERIDIAN_KEYS_DATABASE: keys,
    MERIDIAN_CASSANDRA: nodes,
    MERIDIAN_KEYSPACE: keyspaces[0],
    MERIDIAN_KEYSPACE_REPLICAS: '1',
  });
  const connect = () => connectCassandra({ contactPoints: [nodes], localDataCenter: 'eu-west' });

  afterAll(async () => {
    const pool = createPool({ url, database: 'mysql', connectionLimit: 1 });
    for (const schema of [journal, keys]) await pool.query(`DROP DATABASE IF EXISTS \`${schema}\``);
    await pool.close();
    const session = await connect();
    for (const name of keyspaces) await dropKeyspace(session, name);
    await session.close();
  });

  it('that run twice at once make schemas and keyspaces, and a later run finds nothing to do', async () => {
    const [one, other] = await Promise.all([runMigrations(config), runMigrations(config)]);
    for (const schema of [journal, keys])
      expect([...(one.applied[schema] ?? []), ...(other.applied[schema] ?? [])]).not.toEqual([]);
    expect(await runMigrations(config)).toEqual({ applied: { [journal]: [], [keys]: [] }, keyspaces });
    const session = await connect();
    for (const name of keyspaces)
      expect(await replicasOf(session, name)).toEqual({ 'eu-west': 1, 'us-east': 1 });
    await session.close();
  });
});
