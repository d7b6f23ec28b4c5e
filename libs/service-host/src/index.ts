export { ConfigurationError, loadConfig, type Environment, type ProblemsBetween } from './config.ts';
export { baseConfig, type BaseConfig } from './base-config.ts';
export {
  cassandraSecurity,
  cassandraSecurityOf,
  engineProblems,
  kafkaSecurity,
  kafkaSecurityOf,
  mysqlAccessOf,
  mysqlSecurity,
  type EngineSecurity,
  type MysqlAccess,
} from './engine-config.ts';
export { field, type KeyList } from './fields.ts';
export type { Logger } from 'pino';
export { createMetrics, type Metrics } from './metrics.ts';
export { runService, type Host, type RunningService, type Service } from './run-service.ts';
export { startTracing, type Tracing } from './tracing.ts';
