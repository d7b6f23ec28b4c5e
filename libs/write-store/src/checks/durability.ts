import { numberOf, type MysqlPool } from '@meridian/mysql';

/** The server's settings that say when a COMMIT is on disk. */
export interface CommitSettings {
  readonly flushLogAtCommit: number;
  readonly hasBinaryLog: boolean;
  readonly syncBinaryLog: number;
}

/** What makes a MySQL lose transactions that it has acknowledged, with what to do about it; empty when nothing does. */
export function unsafeCommits(settings: CommitSettings): readonly string[] {
  const problems: string[] = [];
  if (settings.flushLogAtCommit !== 1)
    problems.push(`innodb_flush_log_at_trx_commit is ${settings.flushLogAtCommit}; set it to 1`);
  // After a crash InnoDB undoes what the binary log does not have.
  if (settings.hasBinaryLog && settings.syncBinaryLog !== 1)
    problems.push(`sync_binlog is ${settings.syncBinaryLog}; set it to 1, or turn the binary log off`);
  return problems;
}

/** Reads the settings of the server, which hold for all sessions. */
export async function readCommitSettings(pool: Pick<MysqlPool, 'query'>): Promise<CommitSettings> {
  const { rows } = await pool.query(
    `SELECT @@GLOBAL.innodb_flush_log_at_trx_commit AS flush_log, @@GLOBAL.log_bin AS log_bin,
            @@GLOBAL.sync_binlog AS sync_binlog`,
  );
  const [row] = rows;
  if (!row) throw new Error('MySQL gave no settings');
  return {
    flushLogAtCommit: numberOf(row, 'flush_log'),
    hasBinaryLog: numberOf(row, 'log_bin') === 1,
    syncBinaryLog: numberOf(row, 'sync_binlog'),
  };
}
