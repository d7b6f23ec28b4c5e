import { randomUUID } from 'node:crypto';
import { numberOf, optional } from './columns.ts';
import type { MysqlConnection } from './connection.ts';
import { isKillDenied, isNoSuchConnection, SessionOfOtherAccountError } from './errors.ts';

/** The bounds of a session; see MysqlPoolOptions. */
export interface SessionBounds {
  readonly queryTimeoutMs: number;
  readonly lockWaitTimeoutS: number;
  readonly idleTimeoutS: number;
}

/**
 * The mode of every session. The server's own mode may differ: then backslashes in texts would not be escaped as the driver escapes
 * them, or values would be cut silently.
 */
export const SQL_MODE =
  'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/** The settings of a session, whatever the server's settings are. */
export const sessionSettings = ({ lockWaitTimeoutS, idleTimeoutS }: SessionBounds) =>
  `SET SESSION sql_mode = '${SQL_MODE}', transaction_isolation = 'READ-COMMITTED', time_zone = '+00:00', ` +
  `innodb_lock_wait_timeout = ${lockWaitTimeoutS}, wait_timeout = ${idleTimeoutS}, range_optimizer_max_mem_size = 0`;

/** A name for a session that no other session ever has: not on another server, and not after a restart. */
export function newSessionName(): string {
  return `session:${randomUUID()}`;
}

/**
 * The statement by which a session takes its name. The name is the name of a lock that the session holds as long as it
 * lives. By this lock the server knows which connection to end, whatever connection ids it has given out since.
 */
export const TAKE_SESSION_NAME = 'SELECT GET_LOCK(?, 0)';

/**
 * Ends a session on the server, which rolls back work that is not committed. Nothing happens when the session has ended
 * already. Once this resolves, the session begins no further statement. A statement that was under way, also a COMMIT,
 * may hold its locks until it is done. Rejects with SessionOfOtherAccountError while a session lives that another account began,
 * as after a change of the account.
 */
export async function endSession(connection: MysqlConnection, session: string): Promise<void> {
  const { rows } = await connection.query('SELECT IS_USED_LOCK(?) AS id', [session]);
  const id = rows[0] && optional(rows[0], 'id', numberOf);
  // Connection ids start from the beginning when the server restarts. This connection would then be lost too, so either
  // the id still belongs to that session, or this call fails.
  if (id === undefined || id === connection.id) return;
  try {
    await connection.query(`KILL CONNECTION ${id}`);
  } catch (error) {
    if (isKillDenied(error))
      throw new SessionOfOtherAccountError('the session of another account may not be ended', {
        cause: error,
      });
    if (!isNoSuchConnection(error)) throw error;
  }
}
