import { randomUUID } from 'node:crypto';
import { numberOf, optional } from './columns.ts';
import type { MysqlConnection } from './connection.ts';
import { isNoSuchConnection } from './errors.ts';

/** A name for a session that no other ever has, on this server or another, before a restart or after it. */
export function newSessionName(): string {
  return `session:${randomUUID()}`;
}

/**
 * The statement by which a session takes its name. It is the name of a lock that the session holds as long as it lives: the
 * server tells by it which connection to end, whatever ids it has given out since.
 */
export const TAKE_SESSION_NAME = 'SELECT GET_LOCK(?, 0)';

/**
 * Ends a session on the server, whose work that is not committed is then rolled back; nothing happens when it has ended
 * already. When this resolves it begins no further statement; one that was under way, COMMIT among them, may still hold its
 * locks until it is done.
 */
export async function endSession(connection: MysqlConnection, session: string): Promise<void> {
  const { rows } = await connection.query('SELECT IS_USED_LOCK(?) AS id', [session]);
  const id = rows[0] && optional(rows[0], 'id', numberOf);
  // Ids start again with the server, but so does this connection: the id is still that session's, or this fails.
  if (id === undefined || id === connection.id) return;
  try {
    await connection.query(`KILL CONNECTION ${id}`);
  } catch (error) {
    if (!isNoSuchConnection(error)) throw error;
  }
}
