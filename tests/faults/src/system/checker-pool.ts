import { bigintOf, createPool, type MysqlPool } from '@meridian/mysql';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultyEngines } from './engines.ts';

const POLL_MS = 50;
const DRAINED_WITHIN_MS = 60_000;

/** A pool for the checker's own looks, past every proxy. */
export function checkerPool(engines: FaultyEngines, database: string): MysqlPool {
  return createPool({ url: engines.environment['MERIDIAN_MYSQL_URL'] ?? '', database, connectionLimit: 3 });
}

/** Resolves when the relay has published everything, or when it has had ample time: what is missing then, the checker says. */
export async function whenDrained(pool: MysqlPool): Promise<void> {
  const deadline = performance.now() + DRAINED_WITHIN_MS;
  while (performance.now() < deadline) {
    const { rows } = await pool.query(
      `SELECT COUNT(*) AS events FROM relay_shard s JOIN journal j ON j.shard = s.shard AND j.position > s.position`,
    );
    if (rows[0] && bigintOf(rows[0], 'events') === 0n) return;
    await pause(POLL_MS);
  }
}
