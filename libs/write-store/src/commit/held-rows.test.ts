import type { MysqlConnection } from '@meridian/mysql';
import { describe, expect, it } from 'vitest';
import { waitForRow } from './held-rows.ts';

/** A connection that answers every request, or refuses the first; and what it was sent, each request as the beginnings of its statements. */
function connectionThat(refuses?: Error) {
  const requests: string[][] = [];
  const connection: Partial<MysqlConnection> = {
    async runAll(statements) {
      requests.push(statements.map(({ sql }) => sql.split(' ')[0] ?? ''));
      await Promise.resolve();
      if (refuses) throw refuses;
      return [];
    },
    async query(sql) {
      requests.push([sql]);
      await Promise.resolve();
      return { rows: [], affectedRows: 0 };
    },
  };
  // The wait uses no more of a connection.
  return { requests, connection: connection as MysqlConnection };
}

describe('the wait for a row', () => {
  it('gives the lock back in the request that took it, so that no lost connection can keep it', async () => {
    const { connection, requests } = connectionThat();
    expect(await waitForRow(connection, 'stock/p-1', 100)).toBe(true);
    expect(requests).toEqual([['START', 'SELECT', 'ROLLBACK']]);
  });

  it('ends its transaction when the row was not free in time', async () => {
    const lockWaitTimeout = Object.assign(new Error('Lock wait timeout exceeded'), { errno: 1205 });
    const { connection, requests } = connectionThat(lockWaitTimeout);
    expect(await waitForRow(connection, 'stock/p-1', 100)).toBe(false);
    expect(requests).toEqual([['START', 'SELECT', 'ROLLBACK'], ['ROLLBACK']]);
  });
});
