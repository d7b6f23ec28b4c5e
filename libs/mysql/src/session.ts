import { randomUUID } from 'node:crypto';
import { numberOf, optional } from './columns.ts';
import type { MysqlConnection } from './connection.ts';
import { isNoSuchConnection } from './errors.ts';

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
 * may hold its locks until it is done.
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
    if (!isNoSuchConnection(error)) throw error;
  }
}
