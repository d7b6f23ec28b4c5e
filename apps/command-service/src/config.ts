import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { accessFields, accessProblems } from '@meridian/access';
import {
  baseConfig,
  cassandraSecurity,
  engineProblems,
  field,
  kafkaSecurity,
  loadConfig,
  mysqlSecurity,
  type Environment,
} from '@meridian/service-host';
import { z } from 'zod';

const MAX_HOST_LENGTH = 40;

/**
 * A replica's name that no other replica has, whatever the host is called. The end of a pod's name tells the pod from
 * others. The process is number 1 in every container, and hosts may share a name.
 */
export function replicaName(host: string): string {
  const end = host.replace(/[^A-Za-z0-9._-]/g, '-').slice(-MAX_HOST_LENGTH);
  return `${end.replace(/^[._-]+/, '') || 'host'}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

const fields = baseConfig.extend({
  /** Where commands are taken. */
  MERIDIAN_GRPC_ADDRESS: field.hostPort().default('127.0.0.1:7001'),
  ...accessFields,
  MERIDIAN_MYSQL_URL: field.url('mysql:'),
  ...mysqlSecurity,
  ...kafkaSecurity,
  ...cassandraSecurity,
  MERIDIAN_MYSQL_DATABASE: field.database().default('meridian'),
  /** The schema of the customers' keys. */
  MERIDIAN_KEYS_DATABASE: field.database().default('meridian_keys'),
  /** `off`: the schemas are up to date already, by `meridian migrate`, and this account may not change them. */
  MERIDIAN_MIGRATE: z.enum(['on', 'off']).default('on'),
  /** Connections for what callers look up; commits, the relay and the rest have some of their own. */
  MERIDIAN_MYSQL_CONNECTIONS: field.wholeNumber({ min: 2, max: 200 }).default(16),
  MERIDIAN_KAFKA_BROKERS: field.hostPortList(),
  MERIDIAN_TOPIC_PREFIX: field.name().default('meridian'),
  /** What a topic takes (`max.message.bytes`), assumed until Kafka has told. */
  MERIDIAN_TOPIC_MAX_BYTES: field.wholeNumber({ min: 10_000, max: 100_000_000 }).default(1_048_588),
  /** All regions, the home region first. */
  MERIDIAN_REGIONS: field.regionList().default(['eu-west', 'us-east']),
  /** Nodes of the home region's data centre. */
  MERIDIAN_CASSANDRA: field.hostPortList(),
  MERIDIAN_KEYSPACE: field.keyspace().default('meridian'),
  /** 32 bytes: wraps the customers' keys. Of several, the first wraps and all open. */
  MERIDIAN_MASTER_KEY: field.base64Keys(32),
  /** 32 bytes: keys the fingerprints of requests. Of several, the first is used and all are known again. */
  MERIDIAN_FINGERPRINT_KEY: field.base64Keys(32),
  /** Whose calendar says which business day it is. */
  MERIDIAN_TIME_ZONE: field.timeZone().default('Europe/London'),
  /** This replica's name; unique among those that run. */
  MERIDIAN_REPLICA: field.name().default(() => replicaName(hostname())),
  /** Commands in one transaction at most. */
  MERIDIAN_GROUP_COMMANDS: field.wholeNumber({ min: 1, max: 2_000 }).default(256),
  /** What one transaction may write, in bytes of its request, unless a single command writes more. */
  MERIDIAN_GROUP_BYTES: field.wholeNumber({ min: 65_536, max: 1_073_741_824 }).default(8_388_608),
  /** How long a command may wait for a row that others hold before it is refused with STORE_BUSY. */
  MERIDIAN_HELD_COMMAND_MS: field.durationMs({ min: 100 }).default(4_000),
  /** Commands that may wait at most; more are refused with RESOURCE_EXHAUSTED. */
  MERIDIAN_QUEUE_COMMANDS: field.wholeNumber({ min: 1, max: 100_000 }).default(2_000),
  /** `off`: this replica only takes commands; others publish. */
  MERIDIAN_RELAY: z.enum(['on', 'off']).default('on'),
  /** Whether to publish on when Kafka holds nothing of what was published: readers that were behind would miss events. */
  MERIDIAN_EMPTY_KAFKA: z.enum(['refuse', 'accept']).default('refuse'),
  /** Streams that read the journal at once; more are refused with RESOURCE_EXHAUSTED. */
  MERIDIAN_JOURNAL_READERS: field.wholeNumber({ min: 1, max: 1_000 }).default(32),
  /** How long a reader of a stream may take nothing of it before the stream is ended. */
  MERIDIAN_STREAM_IDLE_MS: field.durationMs({ min: 100 }).default(30_000),
  /** How long a shard is owned without a renewal. */
  MERIDIAN_RELAY_LEASE_MS: field.durationMs({ min: 1_000 }).default(10_000),
});

const shape = fields.refine(
  ({ MERIDIAN_MYSQL_DATABASE: journal, MERIDIAN_KEYS_DATABASE: keys }) => journal !== keys,
  {
    path: ['MERIDIAN_KEYS_DATABASE'],
    message: 'must be another schema than MERIDIAN_MYSQL_DATABASE',
    // Told beside whatever else is wrong.
    when: () => true,
  },
);

/** What command-service is told by its environment. */
export type CommandServiceConfig = z.output<typeof shape>;

/** Reads the configuration. Throws ConfigurationError with every problem at once. */
export function commandServiceConfig(env: Environment): CommandServiceConfig {
  return loadConfig(shape, env, (set) => [...accessProblems(set), ...engineProblems(set)]);
}
