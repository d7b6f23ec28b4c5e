import type { Connection, FieldPacket, QueryResult } from 'mysql2/promise';
import type { Row, StatementResult, Value } from './values.ts';

/** One connection, for as long as a function passed to `withConnection` runs. */
export interface MysqlConnection {
  /** The server's id of this connection: what KILL takes. */
  readonly id: number;
  /** Runs one statement, `?` replaced by escaped values. */
  query(sql: string, values?: readonly Value[]): Promise<StatementResult>;
  /** Runs several statements in one request; the first that fails ends it and throws, what ran before stays as it is. */
  queryAll(sql: string, values?: readonly Value[]): Promise<readonly StatementResult[]>;
  /** Runs one fixed statement, prepared once a connection; no lists among the values. */
  execute(sql: string, values?: readonly Value[]): Promise<StatementResult>;
}

function isRow(value: unknown): value is Row {
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

/** Wraps a driver's connection; every statement fails after `timeoutMs` without an answer. */
export function wrapConnection(connection: Connection, timeoutMs: number): MysqlConnection {
  return {
    id: connection.threadId,
    async query(sql, values = []) {
      const [result] = await connection.query({ sql, values: [...values], timeout: timeoutMs });
      return statementResult(result);
    },
    async queryAll(sql, values = []) {
      const [result, fields] = await connection.query({ sql, values: [...values], timeout: timeoutMs });
      if (!Array.isArray(result) || isOneStatement(result, fields)) return [statementResult(result)];
      return result.map(statementResult);
    },
    async execute(sql, values = []) {
      const [result] = await connection.execute({ sql, values: [...values], timeout: timeoutMs });
      return statementResult(result);
    },
  };
}
