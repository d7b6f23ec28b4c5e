import type { PoolConnection } from 'mysql2/promise';
import { newSessionName, TAKE_SESSION_NAME } from './session.ts';

/** The bounds of a session; see MysqlPoolOptions. */
export interface SessionBounds {
  readonly queryTimeoutMs: number;
  readonly lockWaitTimeoutS: number;
  readonly idleTimeoutS: number;
}

const sessionSettings = ({ lockWaitTimeoutS, idleTimeoutS }: SessionBounds) =>
  "SET SESSION transaction_isolation = 'READ-COMMITTED', time_zone = '+00:00', " +
  `innodb_lock_wait_timeout = ${lockWaitTimeoutS}, wait_timeout = ${idleTimeoutS}, range_optimizer_max_mem_size = 0`;

/** What is known of a driver's connection. */
export interface Session {
  readonly name: string;
  /** By a clock that goes on while the process is frozen. */
  releasedAtMs: number;
}

/** Borrows connections from `take`: each with its session set up, and none that the server may have closed meanwhile. */
export function borrowing(
  take: () => Promise<PoolConnection>,
  bounds: SessionBounds,
): () => Promise<{ connection: PoolConnection; session: Session }> {
  const { queryTimeoutMs, idleTimeoutS } = bounds;
  // Well before the server does: a connection that was idle for longer is given up.
  const longestIdleMs = (idleTimeoutS * 1_000) / 3;
  const sessions = new WeakMap<object, Session>();

  async function setUp(connection: PoolConnection): Promise<Session> {
    const session = { name: newSessionName(), releasedAtMs: performance.now() };
    const sql = `${sessionSettings(bounds)}; ${TAKE_SESSION_NAME}`;
    await connection.query({ sql, values: [session.name], timeout: queryTimeoutMs });
    sessions.set(connection.connection, session);
    return session;
  }

  return async () => {
    // Bounded: each turn but the last leaves the pool with one idle connection less.
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
