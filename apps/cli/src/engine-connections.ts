import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
import { connectKafka, type KafkaHandle } from '@meridian/messaging';
import { createPool, type MysqlPool } from '@meridian/mysql';
import type { ReaderStores, Stores } from './engine-stores.ts';

/** Connects to Kafka as the stores say, by TLS and with an account where they are closed. */
export function kafkaOf({ brokers, kafkaSecurity }: KafkaStores, clientId: string): KafkaHandle {
  return connectKafka({ brokers, clientId, security: kafkaSecurity });
}

/** What a connection to Kafka needs. */
export type KafkaStores = Pick<Stores, 'brokers' | 'kafkaSecurity'>;

/** Connects to a region's nodes as the stores say, by TLS and with an account where they are closed. */
export function cassandraOf(stores: CassandraStores): Promise<CassandraSession> {
  const { contactPoints, region, cassandraSecurity: security } = stores;
  return connectCassandra({ contactPoints, localDataCenter: region, security });
}

/** What a connection to Cassandra needs. */
export type CassandraStores = Pick<ReaderStores, 'contactPoints' | 'region' | 'cassandraSecurity'>;

/** Runs work on the journal's schema and closes the connections. */
export async function onJournal<Result>(
  { mysqlUrl: url, mysqlAuthority: authority, database }: Stores,
  use: (pool: MysqlPool) => Promise<Result>,
): Promise<Result> {
  const pool = createPool({ url, authority, database, connectionLimit: 4 });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}
