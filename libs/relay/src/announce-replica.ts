import { randomUUID } from 'node:crypto';
import type { MysqlPool } from '@meridian/mysql';
import type { Log } from './log.ts';

/** Which instance of command-service this is. */
export interface AnnounceOptions {
  readonly pool: MysqlPool;
  /** Its name, unique among those that run. */
  readonly replica: string;
  /** How long it counts as alive without saying so again. */
  readonly aliveMs?: number;
  readonly log: Log;
}

/** An instance that says that it is alive. */
export interface Announcement {
  /** Says good-bye. Never rejects: what is said counts for aliveMs at most. */
  stop(): Promise<void>;
}

const SAY = `
INSERT INTO command_replica (replica, alive_until) VALUES (?, UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND) AS now
  ON DUPLICATE KEY UPDATE alive_until = now.alive_until`;

/**
 * Says in the database that an instance takes commands, until the instance is stopped, even when it publishes nothing.
 * This is for tools that must not work beside such an instance (`replicasAtWork`). Resolves once it is said, and
 * rejects when it cannot be: an instance must not take a command before.
 */
export async function announceReplica(options: AnnounceOptions): Promise<Announcement> {
  const { pool, log, aliveMs = 10_000 } = options;
  // Two that share a name are still two: whoever stops must not say good-bye for the other.
  const replica = `${options.replica.slice(0, 80)}#${randomUUID()}`;
  const say = () => pool.query(SAY, [replica, aliveMs * 1_000]);
  await say();
  let last: Promise<unknown> = Promise.resolve();
  let waiting = false;
  const timer = setInterval(() => {
    if (waiting) return;
    waiting = true;
    last = say()
      .catch((error: unknown) =>
        log.warn({ err: error }, 'could not say that this replica is alive; will try again'),
      )
      .finally(() => (waiting = false));
  }, aliveMs / 4);
  return {
    async stop() {
      clearInterval(timer);
      await last;
      const gone =
        'DELETE FROM command_replica WHERE replica = ? OR alive_until < UTC_TIMESTAMP(3) - INTERVAL 1 DAY';
      await pool
        .query(gone, [replica])
        .catch((error: unknown) =>
          log.warn({ err: error }, 'this replica counts as alive for a little longer'),
        );
    },
  };
}
