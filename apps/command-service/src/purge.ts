import type { Log } from '@meridian/kernel';
import type { MysqlPool } from '@meridian/mysql';
import { purgeCommandLog } from '@meridian/write-store';

const EVERY_MS = 600_000;

/** Takes entries that are older than 7 days out of the command log, in small pieces, every ten minutes. */
export function startPurge(pool: MysqlPool, log: Pick<Log, 'warn'>): { stop(): void } {
  const purge = () =>
    purgeCommandLog(pool).catch((error: unknown) =>
      log.warn({ err: error }, 'the command log was not purged'),
    );
  const timer = setInterval(() => void purge(), EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
