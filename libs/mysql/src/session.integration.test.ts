import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createPool,
  endSession,
  isConnectionLost,
  numberOf,
  SessionOfOtherAccountError,
  type MysqlPool,
} from './index.ts';

const url = process.env.MERIDIAN_MYSQL_URL ?? '';
const database = `meridian_test_${randomBytes(6).toString('hex')}`;
let pool: MysqlPool;
let short: MysqlPool;

beforeAll(async () => {
  if (!url) throw new Error('MERIDIAN_MYSQL_URL must name a running MySQL, as mysql://user@host:port/');
  const admin = createPool({ url });
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.close();
  pool = createPool({ url, database });
  short = createPool({ url, database, idleTimeoutS: 1 });
  await pool.queryAll('CREATE TABLE t (id INT PRIMARY KEY, c INT); INSERT INTO t VALUES (1, 0)');
});
afterAll(async () => {
  await short.close();
  await pool.query(`DROP DATABASE ${database}`);
  await pool.close();
});

const lostOrDone = (answer: Promise<unknown>) => answer.then(() => 'done', isConnectionLost);

describe('a session', () => {
  it('is strict and escapes by backslash, however the server is set up', async () => {
    expect((await pool.query('SELECT @@SESSION.sql_mode AS modes')).rows).toEqual([
      {
        modes:
          'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
      },
    ]);
    expect((await pool.query('SELECT ? AS text', ["\\' OR 1 = 1"])).rows).toEqual([{ text: "\\' OR 1 = 1" }]);
    await expect(pool.query('INSERT INTO t VALUES (2, 99999999999)')).rejects.toThrow();
  });

  it('is ended by its name, with its locks, and no other is', async () => {
    await pool.withConnection(async (other) => {
      const holding = pool.withConnection(async (holder) => {
        await holder.queryAll('START TRANSACTION; UPDATE t SET c = 1');
        await endSession(other, holder.session);
        await pool.query('UPDATE t SET c = 2');
        return holder.query('COMMIT');
      });
      expect(await lostOrDone(holding)).toBe(true);
      expect((await other.query('SELECT c FROM t')).rows).toEqual([{ c: 2 }]);
    });
  });

  it('of another account is waited for, as a lost connection is, where this account may not end it', async () => {
    const user = `next_${randomBytes(4).toString('hex')}`;
    await pool.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'secret'`);
    const own = new URL(url);
    Object.assign(own, { username: user, password: 'secret' });
    const next = createPool({ url: own.href, connectionLimit: 1 });
    try {
      await pool.withConnection(async ({ session }) => {
        const ending = next.withConnection((other) => endSession(other, session));
        const error: unknown = await ending.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(SessionOfOtherAccountError);
        expect(isConnectionLost(error)).toBe(true);
      });
    } finally {
      await next.close();
      await pool.query(`DROP USER '${user}'@'%'`);
    }
  });

  it('that has ended is nothing to end: whoever has its id now goes on', async () => {
    const ended = await short.withConnection((connection) => Promise.resolve(connection.session));
    await pool.withConnection(async (connection) => {
      const { session, id } = connection;
      await expect
        .poll(() => connection.query('SELECT IS_USED_LOCK(?) AS id', [ended]))
        .toMatchObject({ rows: [{ id: null }] });
      await endSession(connection, ended);
      await endSession(connection, session);
      const { rows } = await connection.query('SELECT CONNECTION_ID() AS id');
      expect(rows.map((row) => numberOf(row, 'id'))).toEqual([id]);
    });
  });

  it('that falls silent in a transaction loses it, and its locks, within the idle time-out', async () => {
    const silent = short.withConnection(async (holder) => {
      await holder.queryAll('START TRANSACTION; UPDATE t SET c = 3');
      await pool.query('UPDATE t SET c = 4');
      return holder.query('COMMIT');
    });
    expect(await lostOrDone(silent)).toBe(true);
    expect((await pool.query('SELECT c FROM t')).rows).toEqual([{ c: 4 }]);
  });

  it('is given up long before the server would close it for being idle', async () => {
    const idOf = () => short.withConnection((connection) => Promise.resolve(connection.id));
    const first = await idOf();
    expect(await idOf()).toBe(first);
    await expect.poll(idOf, { interval: 400 }).not.toBe(first);
  });
});
