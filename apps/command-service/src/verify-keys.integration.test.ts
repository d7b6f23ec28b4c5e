import { randomBytes } from 'node:crypto';
import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { createMasterKey, keyMigrationsFolder } from '@meridian/sealing';
import { ConfigurationError } from '@meridian/service-host';
import { migrationsFolder } from '@meridian/write-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandServiceConfig } from './config.ts';
import { fromEnvironment, openTestSystem } from './testing/test-system.ts';
import { verifyKeys } from './verify-keys.ts';

const url = fromEnvironment('MERIDIAN_MYSQL_URL');
const [fingerprint, master] = [randomBytes(32), randomBytes(32)];
let names: { readonly journal: string; readonly keys: string };
let pool: MysqlPool;

beforeEach(async () => {
  const suffix = randomBytes(6).toString('hex');
  names = { journal: `keys_test_${suffix}`, keys: `keys_test_keys_${suffix}` };
  await migrate({ url, database: names.journal, folder: migrationsFolder });
  await migrate({ url, database: names.keys, folder: keyMigrationsFolder });
  pool = createPool({ url, database: names.journal });
});
afterEach(async () => {
  await pool.queryAll(`DROP DATABASE ${names.journal}; DROP DATABASE ${names.keys}`);
  await pool.close();
});

const configOf = (keys: { readonly fingerprint: Buffer; readonly master: Buffer }) =>
  commandServiceConfig({
    MERIDIAN_MYSQL_URL: url,
    MERIDIAN_MYSQL_DATABASE: names.journal,
    MERIDIAN_KEYS_DATABASE: names.keys,
    MERIDIAN_KAFKA_BROKERS: 'unused:1',
    MERIDIAN_CASSANDRA: 'unused:1',
    MERIDIAN_FINGERPRINT_KEY: keys.fingerprint.toString('base64'),
    MERIDIAN_MASTER_KEY: keys.master.toString('base64'),
  });

async function wrongOnes(keys: { readonly fingerprint: Buffer; readonly master: Buffer }): Promise<string[]> {
  try {
    await verifyKeys(pool, configOf(keys));
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.map((one) => one.replace(/:.*/, ''));
    throw error;
  }
}

const addCustomer = (customerId: string, key: Buffer) =>
  pool.query(`INSERT INTO ${names.keys}.customer_key (customer_id, wrapped_key) VALUES (?, ?)`, [
    customerId,
    createMasterKey(key).newWrappedKey(customerId),
  ]);

describe('the keys of a replica', () => {
  it('are adopted once, by one of several that start at once, and known again', async () => {
    const [mine, theirs] = [
      { fingerprint, master },
      { fingerprint: randomBytes(32), master: randomBytes(32) },
    ];
    const found = await Promise.all([wrongOnes(mine), wrongOnes(mine), wrongOnes(theirs), wrongOnes(theirs)]);
    const again = await Promise.all([wrongOnes(mine), wrongOnes(mine), wrongOnes(theirs), wrongOnes(theirs)]);
    expect(again).toEqual(found);
    // Of each key, one of the two was adopted.
    for (const key of ['MERIDIAN_FINGERPRINT_KEY', 'MERIDIAN_MASTER_KEY'])
      expect(found.filter((wrong) => wrong.includes(key))).toHaveLength(2);
  });

  it('are refused when they are others, all at once and by name', async () => {
    expect(await wrongOnes({ fingerprint, master })).toEqual([]);
    expect(await wrongOnes({ fingerprint: randomBytes(32), master })).toEqual(['MERIDIAN_FINGERPRINT_KEY']);
    expect(await wrongOnes({ fingerprint, master: randomBytes(32) })).toEqual(['MERIDIAN_MASTER_KEY']);
    expect(await wrongOnes({ fingerprint: master, master: fingerprint })).toEqual([
      'MERIDIAN_FINGERPRINT_KEY',
      'MERIDIAN_MASTER_KEY',
    ]);
  });

  it('have to open what an older version has wrapped, before they are adopted', async () => {
    await addCustomer('ada', master);
    await addCustomer('bob', master);
    await addCustomer('eve', randomBytes(32));
    expect(await wrongOnes({ fingerprint, master: randomBytes(32) })).toEqual(['MERIDIAN_MASTER_KEY']);
    expect(await wrongOnes({ fingerprint, master })).toEqual([]);
  });

  it('stop a replica with others at its start, with the variable’s name', async () => {
    const system = await openTestSystem();
    try {
      await system.start();
      const others = { MERIDIAN_MASTER_KEY: randomBytes(32).toString('base64') };
      await expect(system.start(others)).rejects.toThrow(
        /before it was ready|MERIDIAN_MASTER_KEY: is not the key/,
      );
    } finally {
      await system.close();
    }
  });
});
