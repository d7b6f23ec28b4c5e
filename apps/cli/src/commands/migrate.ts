import { ensureKeyspace } from '@meridian/cassandra';
import { migrate as migrateSchema } from '@meridian/mysql';
import { ensureSharedTables } from '@meridian/read-store';
import { ensureKeyCopies, keyMigrationsFolder } from '@meridian/sealing';
import { engineProblems, field, loadConfig, type Environment } from '@meridian/service-host';
import { migrationsFolder } from '@meridian/write-store';
import type { z } from 'zod';
import { say, toJson } from '../output.ts';
import { connectHome, storesShape } from '../stores-config.ts';

const MAX_REPLICAS = 9;

const shape = storesShape.extend({
  /** How many nodes of each region hold a row of keyspaces that are missing. */
  MERIDIAN_KEYSPACE_REPLICAS: field.wholeNumber({ min: 1, max: MAX_REPLICAS }).default(3),
});

/** What `meridian migrate` is told by its environment. */
export type MigrateConfig = z.output<typeof shape>;

/** Reads the configuration. Throws ConfigurationError with every problem at once. */
export function migrateConfig(env: Environment): MigrateConfig {
  return loadConfig(shape, env, engineProblems);
}

/** What migrations did. */
export interface Migrated {
  /** The files that ran, by schema; none where it was up to date. */
  readonly applied: Readonly<Record<string, readonly string[]>>;
  /** The keyspaces that are there now. */
  readonly keyspaces: readonly string[];
}

/** Migrates as the environment says, and prints what was done. */
export async function migrate({ json }: { readonly json: boolean }): Promise<void> {
  const { applied, keyspaces } = await runMigrations(migrateConfig(process.env));
  if (json) return say(toJson({ applied, keyspaces }));
  for (const [schema, files] of Object.entries(applied))
    say(`${schema}: ${files.length === 0 ? 'up to date' : `ran ${files.join(', ')}`}`);
  say(`keyspaces ${keyspaces.join(', ')} are there`);
}

/**
 * Brings both schemas of MySQL up to date, and makes the keyspaces that are missing, with the tables that services share. Safe to run again, beside services,
 * and beside another that runs. It does not change the replication of a keyspace that exists.
 */
export async function runMigrations(config: MigrateConfig): Promise<Migrated> {
  const mysql = { url: config.MERIDIAN_MYSQL_URL, authority: config.MERIDIAN_MYSQL_AUTHORITY };
  const journal = config.MERIDIAN_MYSQL_DATABASE;
  const keys = config.MERIDIAN_KEYS_DATABASE;
  const applied = {
    [journal]: await migrateSchema({ ...mysql, database: journal, folder: migrationsFolder }),
    [keys]: await migrateSchema({ ...mysql, database: keys, folder: keyMigrationsFolder }),
  };
  return { applied, keyspaces: await makeKeyspaces(config) };
}

async function makeKeyspaces(config: MigrateConfig): Promise<readonly string[]> {
  const keyspaces = [config.MERIDIAN_KEYSPACE, `${config.MERIDIAN_KEYSPACE}_keys`];
  const replicas = Object.fromEntries(
    config.MERIDIAN_REGIONS.map((region) => [region, config.MERIDIAN_KEYSPACE_REPLICAS]),
  );
  const session = await connectHome(config);
  try {
    for (const keyspace of keyspaces) await ensureKeyspace(session, keyspace, replicas);
    await ensureSharedTables(session, config.MERIDIAN_KEYSPACE);
    await ensureKeyCopies(session, `${config.MERIDIAN_KEYSPACE}_keys`);
  } finally {
    await session.close();
  }
  return keyspaces;
}
