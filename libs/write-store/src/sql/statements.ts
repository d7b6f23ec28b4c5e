import type { Statement, Value } from '@meridian/mysql';

export type { Statement } from '@meridian/mysql';

/**
 * A SELECT that ends after so long, its wait for row locks included, with an error that isLockWaitTimeout knows. Unlike the session's
 * lock wait time-out the bound is in milliseconds, and it takes no request of its own.
 */
export function withinMs({ sql, values }: Statement, waitMs: number): Statement {
  if (!sql.startsWith('SELECT ')) throw new Error('only a SELECT can be bounded in time');
  const hint = `/*+ MAX_EXECUTION_TIME(${Math.max(1, Math.round(waitMs))}) */`;
  return { sql: `SELECT ${hint} ${sql.slice('SELECT '.length)}`, values };
}

/** A multi-row INSERT of full rows, in the order given. */
export function insertRows(
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): Statement {
  return { sql: `INSERT INTO ${table} (${columns.join(', ')}) VALUES ?`, values: [rows] };
}

/**
 * One UPDATE of many rows that are there already: each row of `rows` holds the key's columns, then the new values of
 * the `changing` ones. It asks no table that a foreign key names. INSERT ... ON DUPLICATE KEY UPDATE would lock every
 * row's parents, whoever has locked them and in whatever order. Key columns of text are ASCII.
 */
export function updateRows(
  table: string,
  key: readonly string[],
  changing: readonly string[],
  rows: readonly (readonly Value[])[],
): Statement {
  const columns = [...key, ...changing];
  const row = `ROW(${columns.map(() => '?').join(', ')})`;
  const matches = key.map((column, index) => {
    // In the column's own character set and collation, or the primary key would be of no use.
    const isText = typeof rows[0]?.[index] === 'string';
    const value = isText ? `CONVERT(new.${column} USING ascii) COLLATE ascii_bin` : `new.${column}`;
    return `${table}.${column} = ${value}`;
  });
  return {
    sql: `UPDATE (VALUES ${rows.map(() => row).join(', ')}) AS new (${columns.join(', ')})
          STRAIGHT_JOIN ${table} FORCE INDEX (PRIMARY) ON ${matches.join(' AND ')}
          SET ${changing.map((column) => `${table}.${column} = new.${column}`).join(', ')}`,
    values: rows.flat(),
  };
}
