import { createPool as createDriverPool } from 'mysql2/promise';
import { borrowing, type SessionBounds } from './borrowing.ts';
import { wrapConnection, type MysqlConnection } from './connection.ts';
import { PoolFullError } from './errors.ts';
import type { StatementResult, Value } from './values.ts';

/** How to reach MySQL, and the bounds of the pool. */
export interface MysqlPoolOptions {
  /** `mysql://user:password@host:port/`. */
  readonly url: string;
  /** The schema to use; none when left out. */
  readonly database?: string;
  /** Connections at most. */
  readonly connectionLimit?: number;
  /** Callers that may wait for a connection; more are refused at once, with a PoolFullError. */
  readonly queueLimit?: number;
  /** How long to wait for a connection to be made. */
  readonly connectTimeoutMs?: number;
  /** How long a statement may go without an answer before its connection counts as lost. */
  readonly queryTimeoutMs?: number;
  /** How long the server lets a statement wait for a row lock, in whole seconds. */
  readonly lockWaitTimeoutS?: number;
  /**
   * How long the server lets a connection be silent before it closes it and rolls back what was open, in whole seconds: so long
   * do the locks of a client last that is frozen or cut off. Whoever has a transaction open must not pause for so long.
   */
  readonly idleTimeoutS?: number;
  /** Told of each connection that was made. */
  readonly onConnected?: () => void;
}

/** Connections to one schema: READ COMMITTED, UTC, several statements a request. */
export interface MysqlPool {
  /** Runs one statement on any connection, in a transaction of its own. */
  query(sql: string, values?: readonly Value[]): Promise<StatementResult>;
  /** Runs several statements in one request on any connection, each in a transaction of its own. */
  queryAll(sql: string, values?: readonly Value[]): Promise<readonly StatementResult[]>;
  /** Runs one fixed statement on any connection, prepared once a connection. */
  execute(sql: string, values?: readonly Value[]): Promise<StatementResult>;
  /**
   * Lends a connection to `use`. When `use` throws, the connection is closed, so that the server rolls back what was open;
   * `use` must end its transaction itself before it returns.
   */
  withConnection<T>(use: (connection: MysqlConnection) => Promise<T>): Promise<T>;
  /** Closes all connections once they are idle. */
  close(): Promise<void>;
}

function refusedAtOnce(error: unknown): never {
  // The driver gives it no code.
  if (error instanceof Error && error.message === 'Queue limit reached.')
    throw new PoolFullError('too many wait for a connection already', { cause: error });
  throw error;
}

/** Makes a pool; connections are made when they are first needed. */
export function createPool(options: MysqlPoolOptions): MysqlPool {
  const { connectionLimit = 10, queueLimit = 1_000 } = options;
  const { queryTimeoutMs = 30_000, lockWaitTimeoutS = 5, idleTimeoutS = 30 } = options;
  const bounds: SessionBounds = { queryTimeoutMs, lockWaitTimeoutS, idleTimeoutS };
  const pool = createDriverPool({
    uri: options.url,
    ...(options.database === undefined ? {} : { database: options.database }),
    connectionLimit,
    queueLimit,
    connectTimeout: options.connectTimeoutMs ?? 5_000,
    maxPreparedStatements: 200,
    multipleStatements: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    timezone: 'Z',
    charset: 'utf8mb4',
    enableKeepAlive: true,
  });
  const { onConnected } = options;
  if (onConnected) pool.on('connection', () => onConnected());
  const borrow = borrowing(() => pool.getConnection().catch(refusedAtOnce), bounds);
  const withConnection: MysqlPool['withConnection'] = async (use) => {
    const { connection, session } = await borrow();
    try {
      const { name, maxRequestBytes } = session;
      const result = await use(
        wrapConnection(connection, { session: name, maxRequestBytes, timeoutMs: queryTimeoutMs }),
      );
      session.releasedAtMs = performance.now();
      connection.release();
      return result;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  };
  return {
    withConnection,
    query: (sql, values) => withConnection((connection) => connection.query(sql, values)),
    queryAll: (sql, values) => withConnection((connection) => connection.queryAll(sql, values)),
    execute: (sql, values) => withConnection((connection) => connection.execute(sql, values)),
    close: () => pool.end(),
  };
}
