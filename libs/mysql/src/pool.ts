import { createPool as createDriverPool, type Pool, type PoolConnection } from 'mysql2/promise';
import { isRow, wrapConnection, type MysqlConnection } from './connection.ts';
import { followAccess, now, type Current } from './current-account.ts';
import { isConnectionLost, NoAnswerError, PoolFullError } from './errors.ts';
import { newSessionName, sessionSettings, TAKE_SESSION_NAME, type SessionBounds } from './session.ts';
import { tlsOf } from './tls.ts';
import type { StatementResult, Value } from './values.ts';

/** How to reach MySQL, and the bounds of the pool. */
export interface MysqlPoolOptions {
  /** `mysql://user:password@host:port/`. A function is asked for the account of each new connection. */
  readonly url: Current<string>;
  /**
   * Whose signature on the server's certificate is trusted, in PEM: then TLS is used, or nothing is sent. A function is
   * asked for each new connection.
   */
  readonly authority?: Current<string> | undefined;
  /** The schema to use; none when left out. */
  readonly database?: string;
  /** Connections at most. */
  readonly connectionLimit?: number;
  /** Callers that may wait for a connection; more are refused at once, with a PoolFullError. */
  readonly queueLimit?: number;
  /**
   * How long a caller waits for a connection. After that the caller is refused: with a PoolFullError when the pool
   * served other callers, with a NoAnswerError when the server answered no caller.
   */
  readonly acquireTimeoutMs?: number;
  /** How long to wait until a connection is open. */
  readonly connectTimeoutMs?: number;
  /** How long a statement may go without an answer before its connection counts as lost. */
  readonly queryTimeoutMs?: number;
  /** How long the server lets a statement wait for a row lock, in whole seconds. */
  readonly lockWaitTimeoutS?: number;
  /**
   * How long the server lets a connection be silent, in whole seconds. After that, the server closes the connection and
   * rolls back its open transaction. The locks of a client that is frozen or cut off last this long. Whoever has an
   * open transaction must not pause for so long.
   */
  readonly idleTimeoutS?: number;
  /** Called after each new connection. */
  readonly onConnected?: () => void;
}

/** Connections to one schema: READ COMMITTED, UTC, several statements per request. */
export interface MysqlPool {
  /** Runs one statement on any connection, in a transaction of its own. */
  query(sql: string, values?: readonly Value[]): Promise<StatementResult>;
  /** Runs several statements in one request on any connection, each in a transaction of its own. */
  queryAll(sql: string, values?: readonly Value[]): Promise<readonly StatementResult[]>;
  /** Runs one fixed statement on any connection, prepared once per connection. */
  execute(sql: string, values?: readonly Value[]): Promise<StatementResult>;
  /**
   * Lends a connection to `use`. When `use` throws, the connection is closed, so that the server rolls back an open
   * transaction. `use` must end its transaction before it returns.
   */
  withConnection<T>(use: (connection: MysqlConnection) => Promise<T>): Promise<T>;
  /** Closes all connections once they are idle. */
  close(): Promise<void>;
}

/** Takes connections from a driver's pool, each within `timeoutMs`. `answers` counts the server's answers. */
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
    // In a delayed event loop, timers run before input that has arrived in the meantime. Such input is handled first.
    const timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
    pool
      .getConnection()
      .catch(refusedAtOnce)
      .then((connection) => (isOver ? connection.release() : resolve(connection)), reject)
      .finally(() => clearTimeout(timer));
    return promise;
  };
}

/** Whether a lost connection is why something failed, as where nobody saw how a COMMIT ended. */
const isOfLostConnection = (error: unknown): boolean =>
  isConnectionLost(error) || (error instanceof Error && isConnectionLost(error.cause));

function refusedAtOnce(error: unknown): never {
  // The driver gives this error no code.
  if (error instanceof Error && error.message === 'Queue limit reached.')
    throw new PoolFullError('too many wait for a connection already', { cause: error });
  throw error;
}

/** What is known of a driver's connection. */
interface Session {
  readonly name: string;
  readonly maxRequestBytes: number;
  /** By a clock that goes on while the process is frozen. */
  releasedAtMs: number;
}

// A session keeps the value that it began with.
const MAX_REQUEST_BYTES = 'SELECT @@SESSION.max_allowed_packet AS bytes';

function bytesIn(results: unknown): number {
  const rows: unknown = Array.isArray(results) ? results.at(-1) : undefined;
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  const bytes = isRow(row) ? Number(row['bytes']) : Number.NaN;
  if (!Number.isSafeInteger(bytes)) throw new Error('the server did not say how large a request may be');
  return bytes;
}

/** Borrows connections from `take`: each with its session set up, and none that the server may have closed. */
function borrowing(
  take: () => Promise<PoolConnection>,
  bounds: SessionBounds,
): () => Promise<{ connection: PoolConnection; session: Session }> {
  const { queryTimeoutMs, idleTimeoutS } = bounds;
  // Well before the server closes it, a connection that was idle for longer is given up.
  const longestIdleMs = (idleTimeoutS * 1_000) / 3;
  const sessions = new WeakMap<object, Session>();

  async function setUp(connection: PoolConnection): Promise<Session> {
    const name = newSessionName();
    const sql = `${sessionSettings(bounds)}; ${TAKE_SESSION_NAME}; ${MAX_REQUEST_BYTES}`;
    const [results] = await connection.query({ sql, values: [name], timeout: queryTimeoutMs });
    const session = { name, maxRequestBytes: bytesIn(results), releasedAtMs: performance.now() };
    sessions.set(connection.connection, session);
    return session;
  }

  return async () => {
    // Bounded: each turn except the last leaves the pool with one idle connection less.
    for (;;) {
      const connection = await take();
      try {
        const known = sessions.get(connection.connection);
        if (known === undefined) return { connection, session: await setUp(connection) };
        if (performance.now() - known.releasedAtMs < longestIdleMs) return { connection, session: known };
      } catch (error) {
        connection.destroy();
        throw error;
      }
      connection.destroy();
    }
  };
}

/** Makes a pool; connections are opened when they are first needed. */
export function createPool(options: MysqlPoolOptions): MysqlPool {
  const { connectionLimit = 10, queueLimit = 1_000, acquireTimeoutMs = 10_000 } = options;
  const { queryTimeoutMs = 30_000, lockWaitTimeoutS = 5, idleTimeoutS = 30 } = options;
  const bounds: SessionBounds = { queryTimeoutMs, lockWaitTimeoutS, idleTimeoutS };
  const pool = createDriverPool({
    uri: now(options.url),
    ...tlsOf(now(options.authority)),
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
  followAccess(pool, options);
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
      if (!isOfLostConnection(error)) answers += 1;
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
