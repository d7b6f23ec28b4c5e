import {
  baseConfig,
  cassandraSecurity,
  engineProblems,
  field,
  kafkaSecurity,
  loadConfig,
  type Environment,
} from '@meridian/service-host';
import { z } from 'zod';

const shape = baseConfig.extend({
  /** Where gRPC health and reflection are; it takes no other calls. */
  MERIDIAN_GRPC_ADDRESS: field.hostPort().default('127.0.0.1:0'),
  MERIDIAN_KAFKA_BROKERS: field.hostPortList(),
  ...kafkaSecurity,
  ...cassandraSecurity,
  MERIDIAN_TOPIC_PREFIX: field.name().default('meridian'),
  /** All regions, the home region first. */
  MERIDIAN_REGIONS: field.regionList().default(['eu-west', 'us-east']),
  /** Nodes of the home region's data centre. */
  MERIDIAN_CASSANDRA: field.hostPortList(),
  MERIDIAN_KEYSPACE: field.keyspace().default('meridian'),
  /**
   * Replicas of command-service. A new read model or generation is filled from their journal. Without these addresses,
   * the process rebuilds nothing. A first generation then begins only if Kafka holds everything.
   */
  MERIDIAN_JOURNAL_ADDRESSES: field.hostPortList().optional(),
  /** For the journal's TLS: whose signature on command-service's certificate is trusted. */
  MERIDIAN_CLIENT_AUTHORITY_FILE: z.string().optional(),
  /** By which this projector proves itself to command-service, with its key. */
  MERIDIAN_CLIENT_CERTIFICATE_FILE: z.string().optional(),
  MERIDIAN_CLIENT_KEY_FILE: z.string().optional(),
  /** The name in command-service's certificate, where it is not the one that is connected to. */
  MERIDIAN_CLIENT_SERVER_NAME: z.string().optional(),
  /** A token that somebody keeps fresh in this file, instead of a certificate. */
  MERIDIAN_CLIENT_TOKEN_FILE: z.string().optional(),
  /** Writes to the store under way at once, and as many reads of totals; writes that wait for their turn share one. */
  MERIDIAN_REQUESTS_IN_FLIGHT: field.wholeNumber({ min: 1, max: 2_000 }).default(16),
  /** Read models that collect events for a while before each round do so for so long at most. 0: none collects. */
  MERIDIAN_MAX_ROUND_MS: field.wholeNumber({ min: 0, max: 1_000 }).default(100),
  /** How many partitions one unlogged batch writes at most: Cassandra warns of more than 10 unless told otherwise. */
  MERIDIAN_BATCH_PARTITIONS: field.wholeNumber({ min: 1, max: 1_000 }).default(60),
  /** The bytes of such a batch, estimated. Cassandra warns of 5 KiB and refuses 50 KiB unless told otherwise. */
  MERIDIAN_BATCH_BYTES: field.wholeNumber({ min: 1_000, max: 100_000 }).default(30_000),
  /** How many partitions of a region that was away are brought back at once. More take more memory. */
  MERIDIAN_CATCH_UP_PARTITIONS: field.wholeNumber({ min: 1, max: 100 }).default(4),
  /** How many totals of a generation are kept in memory, so that they need not be read again for the next batch. */
  MERIDIAN_TOTALS_KEPT: field.wholeNumber({ min: 1_000, max: 10_000_000 }).default(100_000),
  /** How many bytes of memory they take at most, estimated. */
  MERIDIAN_TOTALS_KEPT_BYTES: field.wholeNumber({ min: 1_000_000, max: 8_000_000_000 }).default(64_000_000),
  /** A projector that is silent for so long loses its partitions to the others of its group. */
  MERIDIAN_SESSION_TIMEOUT_MS: field.durationMs({ min: 6_000 }).default(15_000),
});

/** What a projector is told by its environment. */
export type ProjectorConfig = z.output<typeof shape>;

/** Reads the configuration. Throws ConfigurationError with every problem at once. */
export function projectorConfig(env: Environment): ProjectorConfig {
  return loadConfig(shape, env, engineProblems);
}
