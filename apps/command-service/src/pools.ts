import { createPool, type MysqlPool } from '@meridian/mysql';
import { mysqlAccessOf } from '@meridian/service-host';
import type { CommandServiceConfig } from './config.ts';

/** Connections by who needs them, so that nobody waits for a connection that another kind of work has taken. */
export interface Pools {
  /** What callers look up before their command is queued. Callers can fill it. */
  readonly callers: MysqlPool;
  /** The transactions of the command queue, one at a time, and the look at held rows. */
  readonly commits: MysqlPool;
  /** Leases, announcements, and the journal for the relay. */
  readonly relay: MysqlPool;
  /** Sweeps, purges, copies and gauges: whatever may take long and wait long. */
  readonly background: MysqlPool;
  /** Whether the database answers: nothing else. */
  readonly pulse: MysqlPool;
  close(): Promise<void>;
}

/** Opens them; connections are made when they are first needed. `onConnected` is told of each new one of commits and of the relay. */
export function openPools(
  config: CommandServiceConfig,
  { onConnected }: { readonly onConnected: () => void },
): Pools {
  const where = {
    ...mysqlAccessOf(config),
    database: config.MERIDIAN_MYSQL_DATABASE,
  };
  const pools = {
    // A look-up takes milliseconds: one that takes a second is not worth its caller's deadline.
    callers: createPool({
      ...where,
      connectionLimit: config.MERIDIAN_MYSQL_CONNECTIONS,
      queueLimit: config.MERIDIAN_QUEUE_COMMANDS,
      acquireTimeoutMs: 1_000,
      connectTimeoutMs: 1_500,
      queryTimeoutMs: 2_000,
      lockWaitTimeoutS: 1,
    }),
    commits: createPool({ ...where, connectionLimit: 3, queryTimeoutMs: 15_000, onConnected }),
    relay: createPool({ ...where, connectionLimit: 4, onConnected }),
    background: createPool({ ...where, connectionLimit: 3 }),
    pulse: createPool({ ...where, connectionLimit: 1, connectTimeoutMs: 1_000, queryTimeoutMs: 1_000 }),
  };
  return {
    ...pools,
    async close() {
      await Promise.all(Object.values(pools).map((pool) => pool.close()));
    },
  };
}
