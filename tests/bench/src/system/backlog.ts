import { bigintOf, createPool } from '@meridian/mysql';
import type { MysqlServer } from './fixture.ts';

/** How many events of a schema's journal are not published yet. */
export async function backlogOf(server: MysqlServer, database: string): Promise<bigint> {
  const pool = createPool({ ...server, database, connectionLimit: 1 });
  try {
    const { rows } = await pool.query(
      `SELECT COUNT(*) AS events FROM relay_shard s JOIN journal j ON j.shard = s.shard AND j.position > s.position`,
    );
    const [row] = rows;
    return row ? bigintOf(row, 'events') : 0n;
  } finally {
    await pool.close();
  }
}
