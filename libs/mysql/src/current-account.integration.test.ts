import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPool, textOf, type MysqlPool } from './index.ts';

const url = process.env.MERIDIAN_MYSQL_URL ?? '';
const user = `rotating_${randomBytes(4).toString('hex')}`;
let administrator: MysqlPool;

beforeAll(async () => {
  administrator = createPool({ url, connectionLimit: 1 });
  await administrator.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'old'`);
});
afterAll(async () => {
  await administrator.query(`DROP USER '${user}'@'%'`);
  await administrator.close();
});

function urlWith(password: string): string {
  const own = new URL(url);
  Object.assign(own, { username: user, password });
  return own.href;
}

it('logs in with the password of the moment, and keeps the connections that are open', async () => {
  let password = 'old';
  const pool = createPool({ url: () => urlWith(password), connectionLimit: 2 });
  const who = async () => {
    const { rows } = await pool.query('SELECT CURRENT_USER() AS who, CONNECTION_ID() AS id');
    return rows[0];
  };
  const first = await who();
  await administrator.query(`ALTER USER '${user}'@'%' IDENTIFIED BY 'new'`);
  expect(await who()).toEqual(first);
  await pool.withConnection(async () => {
    // All connections that there are, are lent.
    await expect(who()).rejects.toThrow(/denied/);
    password = 'new';
    const second = await who();
    expect(second).not.toEqual(first);
    expect(second && textOf(second, 'who')).toBe(`${user}@%`);
  });
  await pool.close();
});
