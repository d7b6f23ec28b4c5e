import type { MysqlPool } from '@meridian/mysql';

/**
 * Deletes accepted commands that are older than `keepDays`, in pieces of `pieceSize` rows, each a transaction of its own, so
 * that nobody waits. Answers with how many went. Stops between pieces when `signal` says so.
 */
export async function purgeCommandLog(
  pool: Pick<MysqlPool, 'query'>,
  {
    keepDays = 7,
    pieceSize = 500,
    signal,
  }: { keepDays?: number; pieceSize?: number; signal?: AbortSignal } = {},
): Promise<number> {
  let purged = 0;
  while (!signal?.aborted) {
    const { affectedRows } = await pool.query(
      `DELETE FROM command_log WHERE accepted_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY ORDER BY accepted_at LIMIT ?`,
      [keepDays, pieceSize],
    );
    purged += affectedRows;
    if (affectedRows < pieceSize) break;
  }
  return purged;
}
