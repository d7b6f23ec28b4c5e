import type { MysqlConnection, StatementResult, Value } from '@meridian/mysql';

/** One SQL statement with the values of its `?`. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** A multi-row INSERT of full rows, in the order given. */
export function insertRows(
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): Statement {
  return { sql: `INSERT INTO ${table} (${columns.join(', ')}) VALUES ?`, values: [rows] };
}

/** A multi-row INSERT that overwrites `changing` columns of the rows that are there already: one statement updates many. */
export function upsertRows(
  table: string,
  columns: readonly string[],
  changing: readonly string[],
  rows: readonly (readonly Value[])[],
): Statement {
  const changes = changing.map((column) => `${column} = new.${column}`).join(', ');
  const { sql, values } = insertRows(table, columns, rows);
  return { sql: `${sql} AS new ON DUPLICATE KEY UPDATE ${changes}`, values };
}

/** Sends statements as one request; answers with one result a statement. The first that fails ends it. */
export function runScript(
  connection: MysqlConnection,
  statements: readonly Statement[],
): Promise<readonly StatementResult[]> {
  return connection.queryAll(
    statements.map(({ sql }) => sql).join(';\n'),
    statements.flatMap(({ values }) => values),
  );
}
