import { connectCassandra, type CassandraSession } from '@meridian/cassandra';
import {
  baseConfig,
  cassandraSecurity,
  cassandraSecurityOf,
  field,
  mysqlSecurity,
} from '@meridian/service-host';
import type { z } from 'zod';

/** How a command that needs MySQL and the home region's Cassandra is told of both, by the variables that the services read. */
export const storesShape = baseConfig.pick({ MERIDIAN_LOG_LEVEL: true }).extend({
  MERIDIAN_MYSQL_URL: field.url('mysql:'),
  ...mysqlSecurity,
  ...cassandraSecurity,
  MERIDIAN_MYSQL_DATABASE: field.database().default('meridian'),
  /** The schema of the customers' keys. */
  MERIDIAN_KEYS_DATABASE: field.database().default('meridian_keys'),
  /** All regions, the home region first. */
  MERIDIAN_REGIONS: field.regionList().default(['eu-west', 'us-east']),
  /** Nodes of the home region's data centre. */
  MERIDIAN_CASSANDRA: field.hostPortList(),
  MERIDIAN_KEYSPACE: field.keyspace().default('meridian'),
});

/** What such a command is told. */
export type StoresConfig = z.output<typeof storesShape>;

/** Connects to the home region's Cassandra. */
export function connectHome(config: StoresConfig): Promise<CassandraSession> {
  const [home = ''] = config.MERIDIAN_REGIONS;
  return connectCassandra({
    contactPoints: config.MERIDIAN_CASSANDRA,
    localDataCenter: home,
    security: cassandraSecurityOf(config),
  });
}
