import { accessFields, accessProblems } from '@meridian/access';
import {
  baseConfig,
  cassandraSecurity,
  engineProblems,
  field,
  kafkaSecurity,
  loadConfig,
  type Environment,
} from '@meridian/service-host';
import type { z } from 'zod';
import { fallbacks } from './fallbacks.ts';

const shape = baseConfig.extend({
  /** Where questions are taken. */
  MERIDIAN_GRPC_ADDRESS: field.hostPort().default('127.0.0.1:7101'),
  ...accessFields,
  ...kafkaSecurity,
  ...cassandraSecurity,
  /** The region this process answers for. */
  MERIDIAN_REGION: field.region(),
  /** Nodes of that region's data centre. */
  MERIDIAN_CASSANDRA: field.hostPortList(),
  MERIDIAN_KEYSPACE: field.keyspace().default('meridian'),
  /** 32 bytes: opens the customers' keys. The same in every region. Of several, all open. */
  MERIDIAN_MASTER_KEY: field.base64Keys(32),
  /** 32 bytes: signs page tokens. The same in every replica of a region. Of several, the first signs and all are accepted. */
  MERIDIAN_PAGE_TOKEN_KEY: field.base64Keys(32),
  /** Where events are seen on their way, to know when to look. Without it, the service only looks now and then. */
  MERIDIAN_KAFKA_BROKERS: field.hostPortList().optional(),
  MERIDIAN_TOPIC_PREFIX: field.name().default('meridian'),
  /** How often to look for progress while somebody waits and no event was seen. */
  MERIDIAN_PROGRESS_POLL_MS: field.durationMs({ max: 1_000 }).default(10),
  /** Where copies of other regions are, which answer while the region's own is away: `us-east=host:port+host:port,…`. */
  MERIDIAN_CASSANDRA_FALLBACKS: fallbacks(),
  /** How long one statement may take before its region's store counts as silent. */
  MERIDIAN_CASSANDRA_TIMEOUT_MS: field.durationMs({ min: 50, max: 30_000 }).default(1_500),
  /** Orders watched at once; more watches are refused with RESOURCE_EXHAUSTED. */
  MERIDIAN_WATCHES: field.wholeNumber({ min: 1, max: 1_000_000 }).default(10_000),
  /** Calls of one method at work at once; more are refused with RESOURCE_EXHAUSTED. */
  MERIDIAN_CALLS_PER_METHOD: field.wholeNumber({ min: 1, max: 100_000 }).default(1_000),
  /** Calls of one method that may wait beside them, for what their tokens name; more are refused with RESOURCE_EXHAUSTED. */
  MERIDIAN_WAITING_PER_METHOD: field.wholeNumber({ min: 1, max: 100_000 }).default(1_000),
});

/** What query-service is told by its environment. */
export type QueryServiceConfig = z.output<typeof shape>;

/** Reads the configuration. Throws ConfigurationError with every problem at once. */
export function queryServiceConfig(env: Environment): QueryServiceConfig {
  return loadConfig(shape, env, (set) => [...accessProblems(set), ...engineProblems(set)]);
}
