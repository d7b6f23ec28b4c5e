import { createConnection } from 'mysql2/promise';
import Postgrator from 'postgrator';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SQL_MODE } from './session.ts';
import { isRow } from './connection.ts';
import { now, type Current } from './current-account.ts';
import { tlsOf } from './tls.ts';

/** Which schema to bring up to date, and from which files. */
export interface MigrateOptions {
  /** `mysql://user:password@host:port/`, or what gives it. */
  readonly url: Current<string>;
  /** Whose signature on the server's certificate is trusted, in PEM: then TLS is used, or nothing is sent. */
  readonly authority?: Current<string> | undefined;
  /** The schema; created when it is missing. */
  readonly database: string;
  /** The folder of `NNN.do.NAME.sql` files. */
  readonly folder: string;
  /** How long to wait for another migration of the same schema to end, in seconds. */
  readonly lockTimeoutS?: number;
}

/**
 * Brings a schema up to the newest migration. Answers with the names of the files that ran. Safe to repeat at any time,
 * and to call from several processes at once: one process migrates; the others wait and find nothing to do. Throws when
 * a file that already ran has changed since.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { database, lockTimeoutS = 120 } = options;
  if (!/^\w{1,64}$/.test(database)) throw new RangeError(`no name for a schema: ${database}`);
  const connection = await createConnection({
    uri: now(options.url),
    ...tlsOf(now(options.authority)),
    multipleStatements: true,
    timezone: 'Z',
  });
  try {
    await connection.query(`SET SESSION sql_mode = '${SQL_MODE}'`);
    await connection.query(`CREATE DATABASE IF NOT EXISTS \`${database}\` CHARACTER SET utf8mb4`);
    await connection.query(`USE \`${database}\``);
    // The lock lives as long as this connection, and so do the migrations: no other process can be running migrations.
    const lock = `migrate:${database}`.slice(0, 64);
    const [got] = await connection.query('SELECT GET_LOCK(?, ?) AS got', [lock, lockTimeoutS]);
    if (!Array.isArray(got) || JSON.stringify(got) !== '[{"got":1}]')
      throw new Error(`another migration of ${database} has not ended within ${lockTimeoutS} s`);
    const migrations = new Postgrator({
      driver: 'mysql',
      database,
      schemaTable: 'schema_version',
      migrationPattern: join(options.folder, '*.sql'),
      execQuery: async (sql) => {
        const [rows] = await connection.query(sql);
        return { rows: Array.isArray(rows) ? rows : [] };
      },
    });
    const applied = await migrations.migrate();
    return applied.map(({ version, name }) => `${version} ${name}`);
  } finally {
    await connection.end();
  }
}

/** A schema lacks migrations that this version of the code needs. */
export class SchemaBehindError extends Error {
  override readonly name = 'SchemaBehindError';
}

/**
 * Looks whether a schema is as new as the files of `folder`, or newer. For services whose account may not change the
 * schema. Throws SchemaBehindError when a migration is missing.
 */
export async function checkMigrated(options: Omit<MigrateOptions, 'lockTimeoutS'>): Promise<void> {
  const { database, folder } = options;
  const wanted = Math.max(...readdirSync(folder).map((file) => Number.parseInt(file, 10) || 0));
  const connection = await createConnection({
    uri: now(options.url),
    ...tlsOf(now(options.authority)),
    database,
  });
  try {
    const [rows] = await connection.query(
      'SELECT CAST(MAX(version) AS SIGNED) AS version FROM schema_version',
    );
    const [row]: unknown[] = Array.isArray(rows) ? rows : [];
    const there = isRow(row) ? Number(row['version']) : 0;
    if (there >= wanted) return;
    throw new SchemaBehindError(
      `the schema ${database} has migration ${there}, and ${wanted} is needed: run \`meridian migrate\` first`,
    );
  } finally {
    await connection.end();
  }
}
