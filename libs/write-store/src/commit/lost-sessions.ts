import { endSession, type MysqlConnection } from '@meridian/mysql';

const MOST_SESSIONS = 16;

/** Sessions whose connection was lost with a transaction open, until they are ended on the server. */
export interface LostSessions {
  /** Remembers a session; of more than 16 the oldest is left to the server's idle time-out. */
  add(session: string): void;
  /** Ends them all over another connection. */
  end(connection: MysqlConnection): Promise<void>;
}

/** No sessions yet. */
export function rememberLostSessions(): LostSessions {
  const lost = new Set<string>();
  return {
    add(session) {
      lost.add(session);
      const [oldest] = lost;
      if (lost.size > MOST_SESSIONS && oldest !== undefined) lost.delete(oldest);
    },
    async end(connection) {
      for (const session of [...lost]) {
        await endSession(connection, session);
        lost.delete(session);
      }
    },
  };
}
