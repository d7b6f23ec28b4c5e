import type { Connection, FieldPacket, QueryResult } from 'mysql2/promise';
import type { Row, Statement, StatementResult, Value } from './values.ts';

/** One connection, for as long as a function passed to `withConnection` runs. */
export interface MysqlConnection {
  /** The server's id of this connection: what KILL takes. */
  readonly id: number;
  /**
   * The name of this session, which no other session ever has. `endSession` takes this name, also after a restart of
   * the server.
   */
  readonly session: string;
  /** The largest request that the server accepts in this session: its max_allowed_packet. */
  readonly maxRequestBytes: number;
  /** Runs one statement, `?` replaced by escaped values. */
  query(sql: string, values?: readonly Value[]): Promise<StatementResult>;
  /**
   * Runs several statements in one request. The first failing statement ends the request and throws; earlier statements
   * keep their effect.
   */
  queryAll(sql: string, values?: readonly Value[]): Promise<readonly StatementResult[]>;
  /** The same of statements that carry their own values: one result per statement. */
  runAll(statements: readonly Statement[]): Promise<readonly StatementResult[]>;
  /** Runs one fixed statement, prepared once a connection; no lists among the values. */
  execute(sql: string, values?: readonly Value[]): Promise<StatementResult>;
}

/** What the packets of a request take beside its text, generously. */
const MARGIN_BYTES = 4 * 1024;

/**
 * How many bytes statements take at most when they are sent as one request, their values included. Bytes are sent as
 * hexadecimal digits, and each byte of a text may need a backslash.
 */
export function requestBytes(statements: readonly Statement[]): number {
  return statements.reduce(
    (sum, { sql, values }) => sum + Buffer.byteLength(sql) + 2 + valueBytes(values),
    MARGIN_BYTES,
  );
}

function valueBytes(value: Value): number {
  if (typeof value === 'string') return 2 * Buffer.byteLength(value) + 2;
  if (value instanceof Uint8Array) return 2 * value.length + 3;
  // Numbers, true, null and dates.
  if (typeof value !== 'object' || value === null || value instanceof Date) return 32;
  let bytes = 0;
  for (const one of value) bytes += valueBytes(one) + 4;
  return bytes;
}

/** Whether a value of the driver's is a row. */
export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}

function statementResult(result: unknown): StatementResult {
  if (Array.isArray(result)) return { rows: result.filter(isRow), affectedRows: 0 };
  const counts = isRow(result) ? Number(result.affectedRows ?? 0) : 0;
  return { rows: [], affectedRows: counts };
}

function isOneStatement(result: QueryResult, fields: FieldPacket[] | FieldPacket[][] | undefined): boolean {
  if (!Array.isArray(result)) return true;
  const first = fields?.[0];
  return first !== undefined && !Array.isArray(first);
}

/**
 * The driver puts the statement with all its values into an error. Values may come from a caller, and errors are
 * logged.
 */
async function withoutValues<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error) Reflect.deleteProperty(error, 'sql');
    throw error;
  }
}

/**
 * Wraps a driver's connection. Every statement fails after `timeoutMs` without an answer. Errors name no values except
 * values in the server's own message.
 */
export function wrapConnection(
  connection: Connection,
  {
    session,
    maxRequestBytes,
    timeoutMs,
  }: { readonly session: string; readonly maxRequestBytes: number; readonly timeoutMs: number },
): MysqlConnection {
  const options = (sql: string, values: readonly Value[]) => ({
    sql,
    values: [...values],
    timeout: timeoutMs,
  });
  const queryAll: MysqlConnection['queryAll'] = async (sql, values = []) => {
    const [result, fields] = await withoutValues(connection.query(options(sql, values)));
    if (!Array.isArray(result) || isOneStatement(result, fields)) return [statementResult(result)];
    return result.map(statementResult);
  };
  return {
    id: connection.threadId,
    session,
    maxRequestBytes,
    async query(sql, values = []) {
      const [result] = await withoutValues(connection.query(options(sql, values)));
      return statementResult(result);
    },
    queryAll,
    runAll: (statements) =>
      queryAll(
        statements.map(({ sql }) => sql).join(';\n'),
        statements.flatMap(({ values }) => values),
      ),
    async execute(sql, values = []) {
      const [result] = await withoutValues(connection.execute(options(sql, values)));
      return statementResult(result);
    },
  };
}
