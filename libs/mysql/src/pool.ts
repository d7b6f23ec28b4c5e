import { createPool as createDriverPool, type Pool, type PoolConnection } from 'mysql2/promise';
import { borrowing, type SessionBounds } from './borrowing.ts';
import { wrapConnection, type MysqlConnection } from './connection.ts';
import { isConnectionLost, NoAnswerError, PoolFullError } from './errors.ts';
import { tlsOf } from './tls.ts';
import type { StatementResult, Value } from './values.ts';

/** How to reach MySQL, and the bounds of the pool. */
export interface MysqlPoolOptions {
  /** `mysql://user:password@host:port/`. */
  readonly url: string;
  /** Whose signature on the server's certificate is trusted, in PEM: then TLS is used, or nothing is sent. */
  readonly authority?: string | undefined;
  /** The schema to use; none when left out. */
  readonly database?: string;
  /** Connections at most. */
  readonly connectionLimit?: number;
  /** Callers that may wait for a connection; more are refused at once, with a PoolFullError. */
  readonly queueLimit?: number;
  /**
   * How long a caller waits for a connection. After that it is refused: with a PoolFullError when the pool served others meanwhile, with
   * a NoAnswerError when the server answered nobody.
   */
  readonly acquireTimeoutMs?: number;
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

/** Takes connections of a driver's pool, each within a time. `answers` counts what the server has answered. */
function takingWithin(pool: Pool, timeoutMs: number, answers: () => number): () => Promise<PoolConnection> {
  return () => {
    const { promise, resolve, reject } = Promise.withResolvers<PoolConnection>();
    const before = answers();
    let isOver = false;
    const giveUp = () => {
      isOver = true;
      reject(
        answers() > before
          ? new PoolFullError(`others had all connections for ${timeoutMs} ms`)
          : new NoAnswerError(`the server answered nobody for ${timeoutMs} ms`),
      );
    };
    // Timers come before what has arrived meanwhile, in an event loop that was held up: that is looked at first.
    const timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
    pool
      .getConnection()
      .catch(refusedAtOnce)
      .then((connection) => (isOver ? connection.release() : resolve(connection)), reject)
      .finally(() => clearTimeout(timer));
    return promise;
  };
}

function refusedAtOnce(error: unknown): never {
  // The driver gives it no code.
  if (error instanceof Error && error.message === 'Queue limit reached.')
    throw new PoolFullError('too many wait for a connection already', { cause: error });
  throw error;
}

/** Makes a pool; connections are made when they are first needed. */
export function createPool(options: MysqlPoolOptions): MysqlPool {
  const { connectionLimit = 10, queueLimit = 1_000, acquireTimeoutMs = 10_000 } = options;
  const { queryTimeoutMs = 30_000, lockWaitTimeoutS = 5, idleTimeoutS = 30 } = options;
  const bounds: SessionBounds = { queryTimeoutMs, lockWaitTimeoutS, idleTimeoutS };
  const pool = createDriverPool({
    uri: options.url,
    ...tlsOf(options.authority),
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
  let answers = 0;
  const borrow = borrowing(
    takingWithin(pool, acquireTimeoutMs, () => answers),
    bounds,
  );
  const withConnection: MysqlPool['withConnection'] = async (use) => {
    const { connection, session } = await borrow();
    try {
      const { name, maxRequestBytes } = session;
      const result = await use(
        wrapConnection(connection, { session: name, maxRequestBytes, timeoutMs: queryTimeoutMs }),
      );
      answers += 1;
      session.releasedAtMs = performance.now();
      connection.release();
      return result;
    } catch (error) {
      if (!isConnectionLost(error)) answers += 1;
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
