import { randomBytes } from 'node:crypto';
import { connectCassandra, dropKeyspace, type CassandraSession } from '@meridian/cassandra';
import { createPool, type MysqlPool } from '@meridian/mysql';
import { createKeyCopies, createKeyStore, createMasterKey } from '@meridian/sealing';
import { keyCheckOf } from '@meridian/write-store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateConfig, runMigrations } from '../migrate.ts';
import { rotate, rotateConfig } from './rotate.ts';

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must name a running engine`);
  return value;
}

const suffix = randomBytes(6).toString('hex');
const [database, keysDatabase, keyspace] = [
  `cli_rotate_${suffix}`,
  `cli_rotate_keys_${suffix}`,
  `r_${suffix}`,
];
const [fresh, old] = [randomBytes(32), randomBytes(32)];
const [freshKey, oldKey] = [createMasterKey(fresh), createMasterKey(old)];

describe('meridian keys rotate, after a restore', () => {
  const stores = {
    MERIDIAN_MYSQL_URL: fromEnvironment('MERIDIAN_MYSQL_URL'),
    MERIDIAN_MYSQL_DATABASE: database,
    MERIDIAN_KEYS_DATABASE: keysDatabase,
    MERIDIAN_CASSANDRA: fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST'),
    MERIDIAN_KEYSPACE: keyspace,
  };
  let pool: MysqlPool;
  let session: CassandraSession;

  beforeAll(async () => {
    await runMigrations(migrateConfig({ ...stores, MERIDIAN_KEYSPACE_REPLICAS: '1' }));
    pool = createPool({ url: stores.MERIDIAN_MYSQL_URL, database, connectionLimit: 2 });
    session = await connectCassandra({
      contactPoints: [stores.MERIDIAN_CASSANDRA],
      localDataCenter: 'eu-west',
    });
  });
  afterAll(async () => {
    for (const schema of [database, keysDatabase]) await pool?.query(`DROP DATABASE IF EXISTS ${schema}`);
    await pool?.close();
    for (const name of [keyspace, `${keyspace}_keys`]) await dropKeyspace(session, name);
    await session?.close();
  });

  async function rotated(): Promise<{ done: boolean; told: string }> {
    const told: string[] = [];
    const keys = [fresh, old].map((key) => key.toString('base64')).join(',');
    const config = rotateConfig({ ...stores, MERIDIAN_MASTER_KEY: keys });
    const done = await rotate(config, { fingerprints: false, tell: (line) => told.push(line) });
    return { done, told: told.join('\n') };
  }

  it('wraps nothing before the erasures are repeated: no erased customer can be read again', async () => {
    await pool.query('UPDATE journal_identity SET master_key_check = ?', [keyCheckOf('master', old)]);
    const store = createKeyStore(pool, keysDatabase, oldKey);
    for (const customerId of ['living', 'erased'])
      for (const { sql, values } of store.newKey(customerId).statements) await pool.query(sql, values);
    const copies = createKeyCopies(session, `${keyspace}_keys`, oldKey);
    const later = new Date(Date.now() + 1_000);
    await copies.write({ customerId: 'erased', wrappedKey: undefined, changedAt: later });

    const refused = await rotated();
    expect(refused.done).toBe(false);
    expect(refused.told).toContain('has brought back 1 keys that the region has destroyed');
    expect(refused.told).toContain('meridian journal erase-again');
    expect((await store.find('living')).kind, 'the old key opens it still').toBe('present');

    // As `journal erase-again` does.
    await store.destroy('erased');
    expect(await rotated()).toMatchObject({
      done: true,
      told: expect.stringContaining('1 keys wrapped again'),
    });
    expect((await createKeyStore(pool, keysDatabase, freshKey).find('living')).kind).toBe('present');
  });

  it('says that it needs a region, where none is named', () => {
    const { MERIDIAN_CASSANDRA: _nodes, ...others } = stores;
    const key = fresh.toString('base64');
    expect(() => rotateConfig({ ...others, MERIDIAN_MASTER_KEY: key })).toThrow('MERIDIAN_CASSANDRA');
  });
});
