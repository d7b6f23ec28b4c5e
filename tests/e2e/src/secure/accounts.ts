import { readFileSync } from 'node:fs';
import path from 'node:path';
import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
import type { RunningStack } from '@meridian/local-stack';
import { connectKafka, type KafkaHandle } from '@meridian/messaging';
import { createPool, type MysqlPool } from '@meridian/mysql';

/** Connections of the accounts of a closed stack, by name and the password in the account's file. */
export interface Accounts {
  mysql(user: string, how?: { readonly overTls?: boolean; readonly password?: string }): MysqlPool;
  kafka(user: string, password?: string): KafkaHandle;
  /** Connections are kept, and closed by `close`. */
  cassandra(user: string, password?: string): Promise<CassandraSession>;
  close(): Promise<void>;
}

const text = (...parts: readonly string[]) => readFileSync(path.join(...parts), 'utf8').trim();

/** Opens the accounts of a stack. */
export function accountsOf({ folder, engineEnvironment: engines }: RunningStack): Accounts {
  const authority = text(folder, 'engines/security/authority.crt');
  const passwordOf = (user: string) => {
    const owner = user === 'administrator' ? path.join(folder, 'engines') : folder;
    return text(owner, 'security/passwords', user);
  };
  const sessions = new Map<string, CassandraSession>();
  const pools: MysqlPool[] = [];
  return {
    mysql(user, { overTls = true, password = passwordOf(user) } = {}) {
      const url = new URL(engines['MERIDIAN_MYSQL_URL'] ?? '');
      Object.assign(url, { hostname: 'localhost', username: user, password });
      const pool = createPool({ url: url.href, connectionLimit: 1, ...(overTls ? { authority } : {}) });
      pools.push(pool);
      return pool;
    },
    kafka(user, password = passwordOf(user)) {
      const brokers = (engines['MERIDIAN_KAFKA_BROKERS'] ?? '').split(',');
      const security = { authority, account: { user, password } };
      return connectKafka({ brokers, clientId: `rights-${user}`, security });
    },
    async cassandra(user, password = passwordOf(user)) {
      const kept = sessions.get(user);
      if (kept) return kept;
      const session = await connectCassandra({
        contactPoints: [engines['MERIDIAN_CASSANDRA_EU_WEST'] ?? ''],
        localDataCenter: 'eu-west',
        readTimeoutMs: 20_000,
        security: { authority, account: { user, password } },
      });
      sessions.set(user, session);
      return session;
    },
    async close() {
      for (const pool of pools) await pool.close();
      for (const session of sessions.values()) await session.close();
    },
  };
}
