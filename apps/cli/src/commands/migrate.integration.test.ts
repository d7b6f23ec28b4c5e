import { randomBytes } from 'node:crypto';
import { connectCassandra, dropKeyspace } from '@meridian/cassandra';
import { createPool } from '@meridian/mysql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { replicasOf } from '../keyspace-regions.ts';
import { migrate } from './migrate.ts';

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must name a running engine`);
  return value;
}

const suffix = randomBytes(6).toString('hex');
const keyspace = `cli_migrate_${suffix}`;
const [journal, keys] = [`cli_migrate_${suffix}`, `cli_migrate_keys_${suffix}`];

describe('meridian migrate', () => {
  const url = fromEnvironment('MERIDIAN_MYSQL_URL');
  const nodes = fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST');
  const printed: string[] = [];

  beforeAll(() => {
    const told = {
      MERIDIAN_MYSQL_DATABASE: journal,
      MERIDIAN_KEYS_DATABASE: keys,
      MERIDIAN_CASSANDRA: nodes,
      MERIDIAN_KEYSPACE: keyspace,
      MERIDIAN_KEYSPACE_REPLICAS: '1',
      MERIDIAN_REGIONS: 'eu-west,us-east',
    };
    for (const [name, value] of Object.entries(told)) vi.stubEnv(name, value);
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    const pool = createPool({ url, database: 'mysql', connectionLimit: 1 });
    for (const schema of [journal, keys]) await pool.query(`DROP DATABASE IF EXISTS \`${schema}\``);
    await pool.close();
    const session = await connectCassandra({ contactPoints: [nodes], localDataCenter: 'eu-west' });
    for (const name of [keyspace, `${keyspace}_keys`]) await dropKeyspace(session, name);
    await session.close();
  });

  it('makes schemas and keyspaces, two at once do it together, and a third finds nothing to do', async () => {
    await Promise.all([migrate({ json: true }), migrate({ json: true })]);
    printed.length = 0;
    await migrate({ json: true });
    expect(JSON.parse(printed.join(''))).toEqual({
      applied: { [journal]: [], [keys]: [] },
      keyspaces: [keyspace, `${keyspace}_keys`],
    });
    const session = await connectCassandra({ contactPoints: [nodes], localDataCenter: 'eu-west' });
    for (const name of [keyspace, `${keyspace}_keys`])
      expect(await replicasOf(session, name)).toEqual({ 'eu-west': 1, 'us-east': 1 });
    await session.close();
  });
});
