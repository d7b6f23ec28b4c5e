import { createConnection } from 'mysql2/promise';
import Postgrator from 'postgrator';
import { join } from 'node:path';
import { SQL_MODE } from './borrowing.ts';
import { tlsOf } from './tls.ts';

/** Which schema to bring up to date, and from which files. */
export interface MigrateOptions {
  /** `mysql://user:password@host:port/`. */
  readonly url: string;
  /** Whose signature on the server's certificate is trusted, in PEM: then TLS is used, or nothing is sent. */
  readonly authority?: string | undefined;
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
    uri: options.url,
    ...tlsOf(options.authority),
    ...{ multipleStatements: true, timezone: 'Z' },
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
