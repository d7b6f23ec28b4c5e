import { endSession, type MysqlConnection } from '@meridian/mysql';

const MAX_SESSIONS = 16;

/** Sessions whose connection was lost with a transaction open, until they are ended on the server. */
export interface LostSessions {
  /** Remembers a session. Of more than 16 sessions, the oldest is left to the idle time-out of the server. */
  add(session: string): void;
  /** Ends all remembered sessions, over another connection. */
  end(connection: MysqlConnection): Promise<void>;
}

/** An empty list of lost sessions. */
export function rememberLostSessions(): LostSessions {
  const lost = new Set<string>();
  return {
    add(session) {
      lost.add(session);
      const [oldest] = lost;
      if (lost.size > MAX_SESSIONS && oldest !== undefined) lost.delete(oldest);
    },
    async end(connection) {
      for (const session of [...lost]) {
        await endSession(connection, session);
        lost.delete(session);
      }
    },
  };
}
