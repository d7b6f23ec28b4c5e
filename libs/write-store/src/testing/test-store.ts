import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { randomBytes } from 'node:crypto';
import { migrationsFolder } from '../index.ts';

/** A schema of a test's own on a real MySQL. */
export interface TestStore {
  readonly url: string;
  readonly database: string;
  readonly pool: MysqlPool;
  /** A further pool on the same schema: another replica. */
  openPool(): MysqlPool;
  /** Drops the schema. */
  close(): Promise<void>;
}

/** Makes a schema with all migrations. Throws when MERIDIAN_MYSQL_URL names no MySQL. */
export async function openTestStore(): Promise<TestStore> {
  const url = process.env.MERIDIAN_MYSQL_URL;
  if (!url) throw new Error('MERIDIAN_MYSQL_URL must name a running MySQL, as mysql://user@host:port/');
  const database = `meridian_test_${randomBytes(6).toString('hex')}`;
  await migrate({ url, database, folder: migrationsFolder });
  const pools: MysqlPool[] = [];
  const openPool = () => {
    const pool = createPool({ url, database, connectionLimit: 8 });
    pools.push(pool);
    return pool;
  };
  return {
    url,
    database,
    pool: openPool(),
    openPool,
    async close() {
      await Promise.all(pools.map((pool) => pool.close()));
      const admin = createPool({ url });
      await admin.query(`DROP DATABASE IF EXISTS ${database}`);
      await admin.close();
    },
  };
}
