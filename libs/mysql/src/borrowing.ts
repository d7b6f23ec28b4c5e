import type { PoolConnection } from 'mysql2/promise';
import { isRow } from './connection.ts';
import { newSessionName, TAKE_SESSION_NAME } from './session.ts';

/** The bounds of a session; see MysqlPoolOptions. */
export interface SessionBounds {
  readonly queryTimeoutMs: number;
  readonly lockWaitTimeoutS: number;
  readonly idleTimeoutS: number;
}

// The server's own mode may differ. Then backslashes in texts would not be escaped as the driver escapes them, or
// values would be cut silently.
export const SQL_MODE =
  'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/** The settings of a session, whatever the server's settings are. */
export const sessionSettings = ({ lockWaitTimeoutS, idleTimeoutS }: SessionBounds) =>
  `SET SESSION sql_mode = '${SQL_MODE}', transaction_isolation = 'READ-COMMITTED', time_zone = '+00:00', ` +
  `innodb_lock_wait_timeout = ${lockWaitTimeoutS}, wait_timeout = ${idleTimeoutS}, range_optimizer_max_mem_size = 0`;

/** What is known of a driver's connection. */
export interface Session {
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
export function borrowing(
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
