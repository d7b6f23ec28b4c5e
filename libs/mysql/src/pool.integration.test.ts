import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bigintOf,
  bytesOf,
  createPool,
  checkMigrated,
  dateOf,
  isConnectionLost,
  isDuplicateKey,
  isRetryable,
  migrate,
  NoAnswerError,
  PoolFullError,
  SchemaBehindError,
  textOf,
  type MysqlPool,
} from './index.ts';

const url = process.env.MERIDIAN_MYSQL_URL ?? '';
const database = `meridian_test_${randomBytes(6).toString('hex')}`;
let folder: string;
let pool: MysqlPool;

beforeAll(async () => {
  if (!url) throw new Error('MERIDIAN_MYSQL_URL must name a running MySQL, as mysql://user@host:port/');
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  await writeFile(
    join(folder, '001.do.first.sql'),
    'CREATE TABLE t (id BIGINT PRIMARY KEY, b VARBINARY(9), at DATETIME(3));',
  );
  pool = createPool({ url, database, lockWaitTimeoutS: 1, connectionLimit: 4 });
});
afterAll(async () => {
  await pool.query(`DROP DATABASE IF EXISTS ${database}`);
  await pool.close();
  await rm(folder, { recursive: true });
});

describe('MySQL', () => {
  it('is migrated once, also when several processes start at the same time', async () => {
    const ran = await Promise.all([1, 2, 3].map(() => migrate({ url, database, folder })));
    expect(ran.flat()).toEqual(['1 first']);
    await checkMigrated({ url, database, folder });
    await writeFile(join(folder, '002.do.second.sql'), 'ALTER TABLE t ADD COLUMN c INT;');
    await expect(checkMigrated({ url, database, folder })).rejects.toThrow(SchemaBehindError);
    expect(await migrate({ url, database, folder })).toEqual(['2 second']);
    await writeFile(join(folder, '001.do.first.sql'), 'SELECT 1;');
    await expect(migrate({ url, database, folder })).rejects.toThrow('MD5');
  });

  it('gives back numbers, bytes and instants as they were written', async () => {
    const at = new Date('2026-07-01T12:34:56.789Z');
    await pool.query('INSERT INTO t (id, b, at) VALUES ?', [
      [[9_007_199_254_740_993n, new Uint8Array([0, 39, 92]), at]],
    ]);
    for (const { rows } of [
      await pool.query('SELECT * FROM t'),
      await pool.execute('SELECT * FROM t WHERE id > ?', [1n]),
    ]) {
      expect(bigintOf(rows[0]!, 'id')).toBe(9_007_199_254_740_993n);
      expect([...bytesOf(rows[0]!, 'b')]).toEqual([0, 39, 92]);
      expect(dateOf(rows[0]!, 'at')).toEqual(at);
    }
  });

  it('runs sessions in READ COMMITTED and UTC, and several statements in one request', async () => {
    const results = await pool.queryAll(
      'SELECT @@transaction_isolation AS level; UPDATE t SET c = ?; SELECT @@time_zone AS zone',
      [1],
    );
    expect(textOf(results[0]!.rows[0]!, 'level')).toBe('READ-COMMITTED');
    expect(results[1]!.affectedRows).toBe(1);
    expect(textOf(results[2]!.rows[0]!, 'zone')).toBe('+00:00');
    expect(await pool.queryAll('SELECT 1 AS one WHERE 1 = 0')).toEqual([{ rows: [], affectedRows: 0 }]);
  });

  it('tells apart what may be tried again', async () => {
    const duplicate = await pool.query('INSERT INTO t (id) VALUES (1), (1)').catch((error: unknown) => error);
    expect([isDuplicateKey(duplicate), isRetryable(duplicate)]).toEqual([true, false]);
    const killed = await pool
      .withConnection((connection) => connection.query(`KILL CONNECTION ${connection.id}`))
      .catch((error: unknown) => error);
    expect(isConnectionLost(killed) || String(killed).includes('interrupted')).toBe(true);
    const refused = createPool({ url: 'mysql://root@127.0.0.1:1/' });
    expect(isConnectionLost(await refused.query('SELECT 1').catch((error: unknown) => error))).toBe(true);
    await refused.close();
    const blocked = await pool.withConnection(async (holder) => {
      await holder.queryAll('START TRANSACTION; SELECT * FROM t FOR UPDATE');
      const result = await pool.query('UPDATE t SET c = 2').catch((error: unknown) => error);
      await holder.query('ROLLBACK');
      return result;
    });
    expect(isRetryable(blocked)).toBe(true);
  });

  it('closes the connection of whoever throws, so that nothing of a half transaction is left', async () => {
    const failing = pool.withConnection(async (connection) => {
      await connection.queryAll('START TRANSACTION; UPDATE t SET c = 77');
      throw new Error('half way');
    });
    await expect(failing).rejects.toThrow('half way');
    const { rows } = await pool.query('SELECT COUNT(*) AS n FROM t WHERE c = 77 FOR UPDATE');
    expect(bigintOf(rows[0]!, 'n')).toBe(0n);
  });

  it('puts no values of a statement into its errors', async () => {
    const failing = [
      'SELECT * FROM nowhere WHERE a = ?',
      'SELECT 1; SELECT * FROM nowhere WHERE a = ?',
    ] as const;
    const errors = await Promise.all([
      pool.query(failing[0], ['secret']).catch((error: unknown) => error),
      pool.queryAll(failing[1], ['secret']).catch((error: unknown) => error),
      pool.execute(failing[0], ['secret']).catch((error: unknown) => error),
    ]);
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ER_NO_SUCH_TABLE' });
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret');
    }
  });

  it('refuses at once who would wait behind too many, by a name', async () => {
    const narrow = createPool({ url, database, connectionLimit: 1, queueLimit: 1 });
    const slow = [1, 2].map(() => narrow.query('SELECT SLEEP(0.2)'));
    await expect(narrow.query('SELECT 1')).rejects.toThrow(PoolFullError);
    await Promise.all(slow);
    await narrow.close();
  });

  it('lets nobody wait for a connection for ever, and says when the server answered nobody meanwhile', async () => {
    const narrow = createPool({ url, database, connectionLimit: 1, acquireTimeoutMs: 100 });
    await narrow.withConnection(async () => {
      const refused = await narrow.query('SELECT 1').catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(NoAnswerError);
      expect(isConnectionLost(refused)).toBe(true);
    });
    // Whoever gave up took no connection with it.
    expect((await narrow.query('SELECT 1 AS one')).rows).toHaveLength(1);
    await narrow.close();
  });

  it('takes a connection that was lost in the middle of something for no answer', async () => {
    const narrow = createPool({ url, database, connectionLimit: 1, acquireTimeoutMs: 300 });
    const lost = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    let refused: Promise<unknown> = Promise.resolve();
    const failing = narrow.withConnection(async () => {
      // The first that waits gets the next connection, and keeps it until the second has given up.
      const first = narrow.withConnection(() => refused);
      refused = narrow.query('SELECT 1').catch((error: unknown) => error);
      void first.catch(() => undefined);
      throw new Error('the connection was lost during COMMIT', { cause: lost });
    });
    await expect(failing).rejects.toThrow('during COMMIT');
    expect(await refused).toBeInstanceOf(NoAnswerError);
    await narrow.close();
  });
});
