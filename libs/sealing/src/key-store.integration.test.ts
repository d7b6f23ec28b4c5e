import { randomBytes, randomUUID } from 'node:crypto';
import { connectCassandra, dropKeyspace, ensureKeyspace, type CassandraSession } from '@meridian/cassandra';
import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKeyCopier } from './key-copier.ts';
import { createKeyCopies, ensureKeyCopies } from './key-copies.ts';
import { createKeyStore, keyMigrationsFolder } from './key-store.ts';
import { createMasterKey } from './master-key.ts';

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: integration tests need real engines, run \`npm test\``);
  return value;
}

const suffix = randomUUID().replaceAll('-', '').slice(0, 12);
const [schema, keyspace] = [`keys_${suffix}`, `keys_${suffix}`];
const masterKey = createMasterKey(randomBytes(32));

describe('the keys of personal data', () => {
  let pool: MysqlPool;
  let home: CassandraSession;
  let remote: CassandraSession;

  beforeAll(async () => {
    const url = fromEnvironment('MERIDIAN_MYSQL_URL');
    await migrate({ url, database: schema, folder: keyMigrationsFolder });
    pool = createPool({ url, database: schema });
    const region = (name: string, variable: string) =>
      connectCassandra({ contactPoints: [fromEnvironment(variable)], localDataCenter: name });
    home = await region('eu-west', 'MERIDIAN_CASSANDRA_EU_WEST');
    remote = await region('us-east', 'MERIDIAN_CASSANDRA_US_EAST');
    await ensureKeyspace(home, keyspace, { 'eu-west': 1, 'us-east': 1 });
    await ensureKeyCopies(home, keyspace);
  });

  afterAll(async () => {
    await pool?.query(`DROP DATABASE IF EXISTS ${schema}`);
    await pool?.close();
    if (home) await dropKeyspace(home, keyspace);
    await home?.close();
    await remote?.close();
  });

  it('are made once, also when many ask at once', async () => {
    const store = createKeyStore(pool, schema, masterKey);
    const made = await Promise.all(Array.from({ length: 8 }, () => store.getOrCreate('ada')));
    const keys = made.map((state) => (state.kind === 'present' ? state.key.toString('hex') : state.kind));
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toHaveLength(64);
  });

  it('are copied to every region, and their destruction too', async () => {
    const store = createKeyStore(pool, schema, masterKey);
    const errors: unknown[] = [];
    const copies = createKeyCopies(home, keyspace, masterKey);
    const copier = startKeyCopier({
      pool,
      schema,
      copies,
      pollMs: 20,
      onError: (error) => errors.push(error),
    });
    const seen = createKeyCopies(remote, keyspace, masterKey);
    const made = await store.getOrCreate('bob');
    await expect.poll(() => seen.find('bob')).toEqual(made);
    await store.destroy('bob');
    expect(await store.find('bob')).toEqual({ kind: 'destroyed' });
    expect(await store.getOrCreate('bob')).toEqual({ kind: 'destroyed' });
    await expect.poll(() => seen.find('bob')).toEqual({ kind: 'destroyed' });
    await copier.stop();
    expect(errors).toEqual([]);
  });

  it('stay destroyed when a late copy arrives after the destruction', async () => {
    const copies = createKeyCopies(home, keyspace, masterKey);
    const wrappedKey = masterKey.newWrappedKey('eve');
    await copies.write([{ customerId: 'eve', wrappedKey: undefined }]);
    await copies.write([{ customerId: 'eve', wrappedKey }]);
    expect(await copies.find('eve')).toEqual({ kind: 'destroyed' });
  });

  it('give way to the customer’s next key, as a restored database makes it, in whatever order they come', async () => {
    const copies = createKeyCopies(home, keyspace, masterKey);
    const [lost, next] = [masterKey.newWrappedKey('carol'), masterKey.newWrappedKey('carol')];
    const earlier = { customerId: 'carol', wrappedKey: lost, madeAt: new Date('2026-01-01T00:00:00Z') };
    const later = { customerId: 'carol', wrappedKey: next, madeAt: new Date('2026-01-02T00:00:00Z') };
    for (const order of [
      [earlier, later],
      [later, earlier],
    ]) {
      for (const copy of order) await copies.write([copy]);
      expect(await copies.find('carol')).toEqual({ kind: 'present', key: masterKey.unwrap('carol', next) });
    }
    await copies.write([{ customerId: 'carol', wrappedKey: undefined }]);
    await copies.write([later]);
    expect(await copies.find('carol')).toEqual({ kind: 'destroyed' });
  });
});
