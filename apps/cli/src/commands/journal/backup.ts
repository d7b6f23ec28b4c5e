import { isAbsolute, resolve } from 'node:path';
import { createPool, type MysqlPool } from '@meridian/mysql';
import { readHead } from '@meridian/write-store';
import { onJournal } from '../../engine-connections.ts';
import { storesOf, type StoreOptions } from '../../engine-stores.ts';
import { say, toJson } from '../../output.ts';

/** How to report. */
export interface BackupOptions extends StoreOptions {
  readonly json: boolean;
}

const TEN_HOURS_MS = 36_000_000;

/**
 * Asks the MySQL server to write a consistent copy of all its data, by its clone plugin, while it works on. The copy
 * goes to a new folder on the server's machine. The copy holds every command that was acknowledged before this call.
 * The copy is a data folder: a server can start on it.
 */
export async function backup(folder: string, options: BackupOptions): Promise<void> {
  const stores = storesOf(options);
  const target = isAbsolute(folder) ? folder : resolve(folder);
  const head = await onJournal(stores, readHead);
  const startedAt = new Date();
  const { mysqlUrl: url, mysqlAuthority: authority } = stores;
  const server = createPool({ url, authority, connectionLimit: 1, queryTimeoutMs: TEN_HOURS_MS });
  try {
    await ensureClonePlugin(server);
    await server.query('CLONE LOCAL DATA DIRECTORY = ?', [target]);
  } finally {
    await server.close();
  }
  const tookMs = Date.now() - startedAt.getTime();
  if (options.json) return say(toJson({ folder: target, head, startedAt, tookMs }));
  say(
    `${target} holds everything up to position ${head}, and maybe more; it took ${(tookMs / 1_000).toFixed(1)} s`,
  );
}

async function ensureClonePlugin(server: MysqlPool): Promise<void> {
  const { rows } = await server.query(
    "SELECT 1 FROM information_schema.plugins WHERE plugin_name = 'clone' AND plugin_status = 'ACTIVE'",
  );
  if (rows.length === 0) await server.query("INSTALL PLUGIN clone SONAME 'mysql_clone.so'");
}
